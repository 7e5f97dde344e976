using System.Text;

namespace Fleet.Cli;

/// <summary>A line of a list: its columns by the names that the first line gives them.</summary>
/// <param name="Number">Of the line in the file, from 1; the heads are line 1.</param>
/// <param name="Columns">What stands in it.</param>
internal sealed record CsvRow(int Number, IReadOnlyDictionary<string, string> Columns)
{
    /// <summary>A column that must be there.</summary>
    public string GetCell(string name) => Columns.TryGetValue(name, out var text) && text.Length > 0
        ? text
        : throw Failure.WrongUsage($"Line {Number} has no {name}.", $"The first line must name the column {name}.");

    /// <summary>A column that may be missing; then the result is the empty text.</summary>
    public string FindCell(string name) => Columns.GetValueOrDefault(name, "");

    /// <summary>The first of these columns that is not empty.</summary>
    public string FirstCell(params string[] names) =>
        Array.Find(names, name => FindCell(name).Length > 0) is { } name ? FindCell(name) : GetCell(names[^1]);

    /// <summary>Words of a column, with spaces between.</summary>
    public string[] SplitCell(string name) => FindCell(name).Split(' ', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>
/// Lists with commas between their columns, as spreadsheets save them (RFC 4180); or with semicolons, as they do where
/// a comma stands before decimals. A byte order mark at the beginning is passed over.
/// </summary>
internal static class Csv
{
    /// <summary>Lines of one list.</summary>
    private const int MaxRows = 100_000;

    private const char ByteOrderMark = '\uFEFF';

    /// <summary>The rows below the heads.</summary>
    /// <exception cref="Failure">The text is not such a list.</exception>
    public static List<CsvRow> ReadRows(string text)
    {
        var lines = ReadLines(text).Where(line => line.Cells is not [""]).ToList();
        if (lines.Count == 0) throw Failure.WrongUsage("The list is empty.", "Its first line must name the columns.");
        if (lines.Count > MaxRows) throw Failure.WrongUsage($"The list has more than {MaxRows} lines.");
        var heads = lines[0].Cells.Select(head => head.Trim().ToLowerInvariant()).ToList();
        if (heads.Distinct().Count() < heads.Count) throw Failure.WrongUsage("The first line names a column twice.");
        return [.. lines.Skip(1).Select(line => ToRow(heads, line.Number, line.Cells))];
    }

    private static CsvRow ToRow(List<string> heads, int number, List<string> cells) => cells.Count == heads.Count
        ? new(number, heads.Zip(cells).ToDictionary(pair => pair.First, pair => pair.Second.Trim()))
        : throw Failure.WrongUsage(
            $"Line {number} has {Display.CountOf(cells.Count, "column")}, and the first line {heads.Count}.",
            "A text with a comma in it needs quotes around it.");

    private static IEnumerable<(int Number, List<string> Cells)> ReadLines(string text)
    {
        var (number, line, at) = (1, 1, text is [ByteOrderMark, ..] ? 1 : 0);
        var separator = FindSeparator(text);
        while (at < text.Length)
        {
            var cells = new List<string>();
            do cells.Add(ReadCell(text, separator, ref at, ref line));
            while (at < text.Length && text[at++] == separator);
            yield return (number, cells);
            number = ++line;
        }
    }

    /// <summary>A semicolon when the heads have one, as no head has one in its name.</summary>
    private static char FindSeparator(string text) =>
        text.AsSpan(0, text.IndexOf('\n') is >= 0 and var end ? end : text.Length).Contains(';') ? ';' : ',';

    /// <summary>One cell; stops at the separator or at the end of the line.</summary>
    private static string ReadCell(string text, char separator, ref int at, ref int line)
    {
        var cell = new StringBuilder();
        var quoted = at < text.Length && text[at] == '"';
        if (quoted) at++;
        for (; at < text.Length; at++)
        {
            var c = text[at];
            if (quoted && c == '"')
            {
                if (at + 1 >= text.Length || text[at + 1] != '"') quoted = false;
                else cell.Append(text[++at]);
                continue;
            }
            if (!quoted && (c == separator || c == '\n')) break;
            if (c == '\n') line++;
            if (quoted || c != '\r') cell.Append(c);
        }
        return quoted
            ? throw Failure.WrongUsage($"The quotes that are open in line {line} never end.")
            : cell.ToString();
    }
}
