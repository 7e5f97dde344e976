using System.Globalization;
using Spectre.Console;

namespace Fleet.Simulator.Cli;

/// <summary>Shows what the readers do: a live table for people, lines of counts for files.</summary>
internal static class Board
{
    private static readonly TimeSpan TableEvery = TimeSpan.FromSeconds(0.25), LineEvery = TimeSpan.FromSeconds(5);

    /// <summary>Lines that are not rows: two of heads, two empty ones, summary, notice and cursor.</summary>
    private const int LinesAround = 7;

    private static readonly string[] Heads =
        ["serial", "reader", "link", "screen", "checkout", "last outcome", "charges"];

    public static async Task Show(
        IReadOnlyList<VirtualReader> readers, Notices notices, TimeProvider clock, CancellationToken cancel)
    {
        if (Console.IsOutputRedirected) await WriteLines(readers, notices, clock, cancel);
        else
            await AnsiConsole.Live(Draw(readers, notices)).StartAsync(live =>
                Every(TableEvery, () => live.UpdateTarget(Draw(readers, notices)), clock, cancel));
    }

    private static Task WriteLines(
        IReadOnlyList<VirtualReader> readers, Notices notices, TimeProvider clock, CancellationToken cancel)
    {
        var told = 0;
        return Every(LineEvery, () =>
        {
            for (var texts = notices.Texts; told < texts.Count; told++) Console.Error.WriteLine(texts[told]);
            Console.WriteLine(Summarise([.. readers.Select(reader => reader.Snapshot)]));
        }, clock, cancel);
    }

    /// <summary>The last look comes after <paramref name="cancel"/>, so that it shows the end.</summary>
    private static async Task Every(TimeSpan period, Action look, TimeProvider clock, CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            await Task.Delay(period, clock, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            look();
        }
    }

    private static Rows Draw(IReadOnlyList<VirtualReader> readers, Notices notices)
    {
        ReaderSnapshot[] all = [.. readers.Select(reader => reader.Snapshot)];
        var table = new Table().Border(TableBorder.Simple).Expand();
        foreach (var head in Heads) table.AddColumn(new TableColumn(head).NoWrap());
        foreach (var one in all.Take(Math.Max(1, AnsiConsole.Profile.Height - LinesAround))) table.AddRow(Cells(one));
        var notice = notices.Texts is [.., var last] ? last : "";
        return new(table, Line(Summarise(all)), Line(notice));
    }

    private static IEnumerable<Text> Cells(ReaderSnapshot one) =>
    [
        Line(one.Serial),
        Line(one.ReaderId is null ? "not paired" : $"{one.Name} {one.ReaderId}".TrimStart()),
        Line(one.Welcomed ? "welcomed" : one.Connected ? "linked" : one.Trouble ?? "dialling"),
        Line(one.PairingCode is { } code ? "code " + code : one.Screen),
        Line(one.Order ?? ""),
        Line(one.LastOutcome ?? ""),
        Line(one.Charges.ToString(CultureInfo.InvariantCulture)),
    ];

    /// <summary>Plain text: a reader's name may look like markup.</summary>
    private static Text Line(string text) => new Text(text).Overflow(Overflow.Ellipsis);

    private static string Summarise(ReaderSnapshot[] all)
    {
        string[] counts =
        [
            $"{all.Count(one => one.Connected)} linked",
            $"{all.Count(one => one.Welcomed)} welcomed",
            $"{all.Count(one => one.PairingCode is not null)} waiting to be paired",
            $"{all.Count(one => one.Order is not null)} with a checkout",
            $"{all.Sum(one => (long)one.Charges)} charges",
        ];
        var trouble = all.FirstOrDefault(one => one is { Connected: false, Trouble: not null })?.Trouble;
        return $"{all.Length} readers: {string.Join(", ", counts)}{(trouble is null ? "" : $"; trouble: {trouble}")}";
    }
}
