using System.Globalization;
using Spectre.Console;

namespace Fleet.Simulator.Cli;

/// <summary>Shows the state of the readers: a live table for people, lines of counts for files.</summary>
internal static class Board
{
    private static readonly TimeSpan TableEvery = TimeSpan.FromSeconds(0.25), LineEvery = TimeSpan.FromSeconds(5);

    /// <summary>Lines that are not rows: two of heads, two empty ones, summary, notice and cursor.</summary>
    private const int LinesAround = 7;

    private static readonly string[] Heads =
        ["serial", "reader", "link", "screen", "checkout", "last outcome", "charges"];

    public static async Task ShowReaders(
        IReadOnlyList<VirtualReader> readers, Notices notices, TimeProvider clock, CancellationToken cancel)
    {
        if (Console.IsOutputRedirected) await WriteLines(readers, notices, clock, cancel);
        else
            await AnsiConsole.Live(DrawTable(readers, notices)).StartAsync(live =>
                RunEvery(TableEvery, () => live.UpdateTarget(DrawTable(readers, notices)), clock, cancel));
    }

    private static Task WriteLines(
        IReadOnlyList<VirtualReader> readers, Notices notices, TimeProvider clock, CancellationToken cancel)
    {
        var told = 0;
        return RunEvery(LineEvery, () =>
        {
            for (var texts = notices.Texts; told < texts.Count; told++) Console.Error.WriteLine(texts[told]);
            Console.WriteLine(SummariseReaders([.. readers.Select(reader => reader.Snapshot)]));
        }, clock, cancel);
    }

    /// <summary>Draws regularly, and once more after <paramref name="cancel"/>, so that the end is shown.</summary>
    private static async Task RunEvery(TimeSpan period, Action look, TimeProvider clock, CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            await Task.Delay(period, clock, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            look();
        }
    }

    private static Rows DrawTable(IReadOnlyList<VirtualReader> readers, Notices notices)
    {
        ReaderSnapshot[] all = [.. readers.Select(reader => reader.Snapshot)];
        var table = new Table().Border(TableBorder.Simple).Expand();
        foreach (var head in Heads) table.AddColumn(new TableColumn(head).NoWrap());
        foreach (var one in all.Take(Math.Max(1, AnsiConsole.Profile.Height - LinesAround))) table.AddRow(ToCells(one));
        var notice = notices.Texts is [.., var last] ? last : "";
        return new(table, TextCell(SummariseReaders(all)), TextCell(notice));
    }

    private static IEnumerable<Text> ToCells(ReaderSnapshot one) =>
    [
        TextCell(one.Serial),
        TextCell(one.ReaderId is null ? "not paired" : $"{one.Name} {one.ReaderId}".TrimStart()),
        TextCell(one.Welcomed ? "welcomed" : one.Connected ? "linked" : one.Trouble ?? "dialling"),
        TextCell(one.PairingCode is { } code ? "code " + code : one.Screen),
        TextCell(one.Checkout ?? ""),
        TextCell(one.LastOutcome ?? ""),
        TextCell(one.Charges.ToString(CultureInfo.InvariantCulture)),
    ];

    /// <summary>Plain text, because a reader's name may look like markup.</summary>
    private static Text TextCell(string text) => new Text(text).Overflow(Overflow.Ellipsis);

    private static string SummariseReaders(ReaderSnapshot[] all)
    {
        string[] counts =
        [
            $"{all.Count(one => one.Connected)} linked",
            $"{all.Count(one => one.Welcomed)} welcomed",
            $"{all.Count(one => one.PairingCode is not null)} waiting to be paired",
            $"{all.Count(one => one.Checkout is not null)} with a checkout",
            CountOf(all.Sum(one => (long)one.Charges), "charge"),
        ];
        var trouble = all.FirstOrDefault(one => one is { Connected: false, Trouble: not null })?.Trouble;
        return $"{CountOf(all.Length, "reader")}: {string.Join(", ", counts)}"
            + (trouble is null ? "" : $"; trouble: {trouble}");
    }

    private static string CountOf(long count, string what) => $"{count} {what}{(count == 1 ? "" : "s")}";
}
