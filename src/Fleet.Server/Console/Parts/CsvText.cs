namespace Fleet.Server.Console.Parts;

/// <summary>Lists with commas between their columns (RFC 4180), in which a spreadsheet finds no formulas.</summary>
internal static class CsvText
{
    /// <summary>A line.</summary>
    public static string LineOf(params IEnumerable<string> cells) => string.Join(',', cells.Select(CellOf)) + "\r\n";

    /// <summary>
    /// A cell. A spreadsheet takes a cell that begins with one of these letters for a formula; after an apostrophe it
    /// is text.
    /// </summary>
    private static string CellOf(string text)
    {
        if (text is ['=' or '+' or '-' or '@' or '\t' or '\r' or '\n', ..]) text = "'" + text;
        return text.AsSpan().ContainsAny(",;\"\r\n")
            ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\""
            : text;
    }
}
