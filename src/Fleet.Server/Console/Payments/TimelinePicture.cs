namespace Fleet.Server.Console.Payments;

/// <summary>Where the lanes and the arrows of a timeline stand in its picture.</summary>
/// <param name="Width">Of the picture.</param>
/// <param name="Height">Of the picture.</param>
/// <param name="Lanes">From left to right.</param>
/// <param name="Arrows">From the first to the last.</param>
/// <param name="Hidden">Lines that only the table has.</param>
public sealed record TimelinePicture(
    int Width, int Height, IReadOnlyList<PictureLane> Lanes, IReadOnlyList<PictureArrow> Arrows, int Hidden)
{
    /// <summary>Lines that are drawn at most; the table has all.</summary>
    private const int MaxArrows = 40;

    private const int Head = 34, Step = 40, Margin = 62, LaneWidth = 100, LetterWidth = 6, Edge = 6;

    private static readonly string[] All =
        [TimelineRow.Till, TimelineRow.Fleet, TimelineRow.Reader, TimelineRow.SumUp, TimelineRow.Webhook];

    public static TimelinePicture FromRows(IReadOnlyList<TimelineRow> rows)
    {
        var used = rows.SelectMany(row => new[] { row.From, row.To })
            .Concat([TimelineRow.Till, TimelineRow.Fleet]).ToHashSet();
        if (!used.Contains(TimelineRow.SumUp)) used.Add(TimelineRow.Reader);
        var names = All.Where(used.Contains).ToList();
        var lanes = names.Select((name, i) => new PictureLane(name, Margin + (LaneWidth / 2) + (i * LaneWidth)))
            .ToList();
        var width = Margin + (LaneWidth * lanes.Count);
        var drawn = rows.Take(MaxArrows).Select((row, i) => Draw(row, Head + ((i + 1) * Step), lanes, width)).ToList();
        return new(width, Head + (drawn.Count * Step) + (Step / 2), lanes, drawn, rows.Count - drawn.Count);
    }

    private static PictureArrow Draw(TimelineRow row, int y, List<PictureLane> lanes, int width)
    {
        int PlaceOf(string lane) => lanes.First(one => one.Name == lane).X;
        var (from, to) = (PlaceOf(row.From), PlaceOf(row.To));
        var room = (width - Margin - (2 * Edge)) / LetterWidth;
        var label = row.What.Length <= room ? row.What : row.What[..(room - 1)] + "…";
        var half = label.Length * LetterWidth / 2;
        var left = Math.Min(Margin + Edge + half, width - Edge - half);
        var middle = Math.Clamp((from + to) / 2, left, Math.Max(left, width - Edge - half));
        return new(y, from, to, middle, label, row.After, row.Tone);
    }
}

/// <summary>A lane.</summary>
public sealed record PictureLane(string Name, int X);

/// <summary>An arrow, or a dot when it goes nowhere.</summary>
/// <param name="Y">Its height.</param>
/// <param name="From">Where it begins.</param>
/// <param name="To">Where it ends.</param>
/// <param name="Middle">The middle of its label.</param>
/// <param name="Label">What happened.</param>
/// <param name="After">How long after the one before.</param>
/// <param name="Tone">The class of its colour.</param>
public sealed record PictureArrow(int Y, int From, int To, int Middle, string Label, string After, string Tone)
{
    /// <summary>The tip of the arrow.</summary>
    public string Tip => To >= From ? $"M{To},{Y} l-8,-4 v8 z" : $"M{To},{Y} l8,-4 v8 z";
}
