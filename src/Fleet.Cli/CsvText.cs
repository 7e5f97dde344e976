using System.CommandLine;
using System.Globalization;

namespace Fleet.Cli;

/// <summary>
/// Tables for spreadsheets: a byte order mark, semicolons between columns and a comma before decimals, which a
/// spreadsheet with a continental European locale opens with a double click. No cell is taken for a formula.
/// </summary>
internal static class CsvText
{
    private const char ByteOrderMark = '\uFEFF', Separator = ';';

    public static Option<bool> CreateOption() => OptionFactory.CreateSwitch("--csv",
        "Write a table for spreadsheets: semicolons, decimal commas, UTF-8 with a byte order mark.");

    public static async Task Print(
        Session session, IReadOnlyList<string> heads, IEnumerable<IReadOnlyList<string>> rows)
    {
        if (session.Json) throw Failure.WrongUsage("--csv and --json are two forms.", "Choose one of them.");
        await session.Terminal.Out.WriteAsync(ByteOrderMark);
        foreach (var row in rows.Prepend([.. heads.Select(head => head.ToLowerInvariant().Replace(' ', '_'))]))
            await session.Terminal.Out.WriteAsync(string.Join(Separator, row.Select(CellOf)) + "\r\n");
    }

    private static string CellOf(string text)
    {
        if (decimal.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign,
            CultureInfo.InvariantCulture, out _))
            return text.Replace('.', ',');
        if (text is ['=' or '+' or '-' or '@' or '\t' or '\r' or '\n', ..]) text = "'" + text;
        return text.AsSpan().ContainsAny(";,\"\r\n")
            ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\""
            : text;
    }
}
