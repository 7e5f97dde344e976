using System.Globalization;
using System.Text;
using Spectre.Console;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli;

/// <summary>What <c>fleet top</c> shows, and what its keys do.</summary>
internal sealed class TopScreen(Uri url, string store)
{
    /// <summary>
    /// Escape codes for the alternate screen without a cursor, and back to the normal screen with its content.
    /// </summary>
    public const string Enter = "\e[?1049h\e[?25l", Leave = "\e[?25h\e[?1049l";

    /// <summary>The column that only readers of SumUp's cloud fill.</summary>
    private const string Seen = "SEEN";

    private const string Home = "\e[H", EndOfLine = "\e[K", EndOfScreen = "\e[J";

    /// <summary>A narrower screen leaves out the counts that are 0.</summary>
    private const int WholeLine = 110;

    private const int MaxProblems = 5, MaxSearch = 60;

    /// <summary>Lines that do not show readers: two at the top, an empty one, two heads, and the keys.</summary>
    private const int LinesAround = 6;

    /// <summary>The columns, and how wide a screen must be to have them.</summary>
    private static readonly (string Head, int Screen, Func<Proto.Reader, DateTimeOffset, Text> Cell)[] Columns =
    [
        ("STORE", 85, (reader, _) => TextCell(reader.Store)),
        ("READER", 105, (reader, _) => TextCell(reader.ReaderId)),
        ("NAME", 0, (reader, _) => TextCell(reader.Name)),
        ("STATE", 0, (reader, _) => StateCell(reader)),
        ("BATTERY", 70, (reader, _) => TextCell(reader.BatteryText())),
        ("AMOUNT", 0, (reader, _) => TextCell(Amount.FormatMoney(reader.Checkout?.TotalAmount))),
        ("RUNNING", 0, (reader, now) => TextCell(reader.Checkout?.AcceptedAt.ToAge(now) ?? "")),
        ("CHECKOUT", 150, (reader, _) => TextCell(reader.Checkout?.CheckoutId ?? "")),
        (Seen, 120, (reader, now) => TextCell(reader.SeenText(now))),
        ("LAST USED", 90,
            (reader, now) => TextCell(reader.LastUsed is null ? "" : $"{reader.LastUsed.ToAge(now)} ago")),
    ];

    private static readonly Proto.Presence[] Filters =
    [
        Proto.Presence.Unspecified, Proto.Presence.Busy, Proto.Presence.Offline, Proto.Presence.Free,
        Proto.Presence.NotSeen,
    ];

    private Proto.FleetStatusReply _status = new() { Readers = new() };
    private List<Proto.Reader> _readers = [];
    private int _first;
    private bool _typing;

    /// <summary>Only readers with this presence are shown.</summary>
    public Proto.Presence Filter { get; private set; }

    /// <summary>Only readers with this text in their name or serial number are shown.</summary>
    public string Search { get; private set; } = "";

    /// <summary>Why the data is old; empty while it is new.</summary>
    public string Trouble { get; set; } = "";

    /// <summary>
    /// Takes new data. Readers with trouble come first; then busy ones, the one that is busy longest on top; then the
    /// offline ones.
    /// </summary>
    public void ShowReaders(Proto.FleetStatusReply status, IEnumerable<Proto.Reader> readers)
    {
        (_status, Trouble) = (status, "");
        _readers = [.. readers.OrderBy(RankReader).ThenBy(reader => reader.Checkout?.AcceptedAt?.ToDateTime())
            .ThenBy(reader => reader.Store, StringComparer.Ordinal)
            .ThenBy(reader => reader.Name, StringComparer.Ordinal)];
    }

    /// <summary>Does what a key stands for; false when the user quits.</summary>
    public bool PressKey(ConsoleKeyInfo key)
    {
        if (_typing) TypeKey(key);
        else if (key.KeyChar is 'q' or 'Q') return false;
        else if (key.KeyChar is 'f') Filter = Filters[(Array.IndexOf(Filters, Filter) + 1) % Filters.Length];
        else if (key.KeyChar is '/') (_typing, Search) = (true, "");
        else if (key.Key is ConsoleKey.Escape) (Filter, Search, _first) = (Proto.Presence.Unspecified, "", 0);
        else _first = Math.Max(0, _first + RowsToMove(key.Key));
        return true;
    }

    /// <summary>The whole screen as it is written to the terminal.</summary>
    public string DrawScreen(int width, int height, DateTimeOffset now)
    {
        var problems = _status.Problems.Select(StatusVerb.DescribeProblem).Take(MaxProblems).ToList();
        if (CloudText.DescribeCloud(_status) is { } trouble) problems.Insert(0, trouble);
        var room = Math.Max(1, height - LinesAround - problems.Count);
        _first = Math.Clamp(_first, 0, Math.Max(0, _readers.Count - room));
        var title = $"{url.Authority}{(store.Length > 0 ? $"  store {store}" : "")}  {now:HH:mm:ss}Z  "
            + StatusVerb.FormatNodes(_status.Nodes);
        var lines = new List<string>
        {
            $"[bold]Fleet[/] {CutLine(title, width - 6)}",
            Trouble.Length > 0
                ? $"[red]{CutLine(Trouble, width)}[/]"
                : CutLine(DescribeNumbers(_status, brief: width < WholeLine), width),
        };
        lines.AddRange(problems.Select(problem => $"[yellow]{CutLine($"! {problem}", width)}[/]"));
        return DrawFrame(width, height, lines, BuildTable(width, room, now),
            $"[grey]{CutLine(DescribeKeys(room), width)}[/]");
    }

    /// <summary>Counts of readers and stores, as text.</summary>
    /// <param name="status">What was counted.</param>
    /// <param name="brief">Whether counts that are 0 are left out.</param>
    public static string DescribeNumbers(Proto.FleetStatusReply status, bool brief = false)
    {
        var readers = status.Readers;
        var states = ListCounts(brief, (readers.Free, "free"), (readers.Busy, "busy"), (readers.Offline, "offline"),
            (readers.Unpaired, "unpaired"), (readers.Silent, "silent"));
        if (readers.Unknown > 0) states.Add($"{readers.Unknown} unknown");
        var rest = ListCounts(brief, (readers.Waiting, "waiting"));
        if (!brief || status.Problems.Count > 0) rest.Add(Display.CountOf(status.Problems.Count, "problem"));
        if (status.Failed > 0) rest.Add($"{Display.CountOf(status.Failed, "store")} not counted");
        if (status.Cloud is { Trouble: true }) rest.Add("SumUp has trouble");
        if (status.Database is "down") rest.Add("the database does not answer");
        var all = $"{Display.CountOf(readers.Total, "reader")} in {Display.CountOf(status.Stores, "store")}";
        return (states.Count > 0 ? $"{all}: {string.Join(", ", states)}" : all)
            + (rest.Count > 0 ? $"; {string.Join(", ", rest)}" : "");
    }

    private static List<string> ListCounts(bool brief, params (int Count, string Word)[] counts) =>
        [.. counts.Where(one => !brief || one.Count > 0).Select(one => $"{one.Count} {one.Word}")];

    private Table BuildTable(int width, int room, DateTimeOffset now)
    {
        var hasCloud = _readers.Exists(reader => reader.CloudReaderId.Length > 0);
        var columns = Columns.Where(column => column.Screen <= width && (hasCloud || column.Head is not Seen)).ToList();
        var table = new Table().Border(TableBorder.None);
        foreach (var column in columns)
            table.AddColumn(new TableColumn(new Text(column.Head, new Style(Color.Grey))).NoWrap());
        foreach (var reader in _readers.Skip(_first).Take(room))
            table.AddRow(columns.Select(column => column.Cell(reader, now)));
        return table;
    }

    private string DescribeKeys(int room)
    {
        var last = Math.Min(_first + room, _readers.Count);
        var more = _readers.Count > room ? $"  {_first + 1}-{last} of {_readers.Count}" : "";
        var filter = Filter is Proto.Presence.Unspecified ? "all" : Filter.ToWord();
        var search = _typing ? $"  search: {Search}_" : Search.Length > 0 ? $"  search: {Search}" : "";
        return $"q end  ↑↓ scroll  f filter: {filter}  / search  Esc all{search}{more}";
    }

    /// <summary>Draws over the old content line by line, so that nothing flickers and no old text stays.</summary>
    private static string DrawFrame(int width, int height, List<string> above, Table table, string below)
    {
        var text = new StringWriter(CultureInfo.InvariantCulture);
        var page = AnsiConsole.Create(new()
        {
            Ansi = AnsiSupport.Yes, ColorSystem = ColorSystemSupport.Standard, Out = new AnsiConsoleOutput(text),
        });
        (page.Profile.Width, page.Profile.Height) = (Math.Max(1, width), Math.Max(1, height));
        foreach (var line in above) page.Write(new Markup(line + "\n"));
        page.WriteLine();
        page.Write(table);
        page.Write(new Markup(below));
        var lines = text.ToString().TrimEnd('\n').Split('\n').Take(height);
        return new StringBuilder(Home).AppendJoin($"{EndOfLine}\r\n", lines).Append(EndOfLine).Append(EndOfScreen)
            .ToString();
    }

    private void TypeKey(ConsoleKeyInfo key)
    {
        if (key.Key is ConsoleKey.Enter) _typing = false;
        else if (key.Key is ConsoleKey.Escape) (_typing, Search) = (false, "");
        else if (key.Key is ConsoleKey.Backspace) Search = Search.Length > 0 ? Search[..^1] : "";
        else if (!char.IsControl(key.KeyChar) && Search.Length < MaxSearch) Search += key.KeyChar;
    }

    private static int RowsToMove(ConsoleKey key) => key switch
    {
        ConsoleKey.UpArrow => -1,
        ConsoleKey.DownArrow => 1,
        ConsoleKey.PageUp => -20,
        ConsoleKey.PageDown => 20,
        ConsoleKey.Home => int.MinValue / 2,
        ConsoleKey.End => int.MaxValue / 2,
        _ => 0,
    };

    private static int RankReader(Proto.Reader reader) => reader switch
    {
        { Trouble: not null } => 0,
        { Presence: Proto.Presence.Busy } => 1,
        { Presence: Proto.Presence.Offline } => 2,
        _ => 3,
    };

    private static Text StateCell(Proto.Reader reader) => new(reader.StateText(), new Style(reader switch
    {
        { Trouble: not null } or { Checkout.State: Proto.State.Unknown } => Color.Yellow,
        { Presence: Proto.Presence.Busy } => Color.Aqua,
        { Presence: Proto.Presence.Offline } => Color.Red,
        { Presence: Proto.Presence.NotSeen } => Color.Grey,
        _ => Color.Green,
    }));

    private static Text TextCell(string text) => new Text(Terminal.ToPlainText(text)).Overflow(Overflow.Ellipsis);

    /// <summary>Cuts a line to the width of the screen and escapes it.</summary>
    private static string CutLine(string text, int width) =>
        Markup.Escape(Terminal.ToPlainText(text.Length <= width ? text : text[..Math.Max(0, width)]));
}
