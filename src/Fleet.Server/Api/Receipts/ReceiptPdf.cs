using PdfSharp.Drawing;
using PdfSharp.Fonts;
using PdfSharp.Pdf;

namespace Fleet.Server.Api.Receipts;

/// <summary>
/// A receipt as a PDF for the paper rolls of receipt printers, 80 mm wide. Its font has the Latin, Greek and Cyrillic
/// letters; a character that it does not have is printed as its number, for example <c>[U+4E2D]</c>.
/// </summary>
internal static class ReceiptPdf
{
    /// <summary>In points; there are 72 of them in an inch, and 227 in 80 mm.</summary>
    private const double Width = 227, Margin = 12, LineHeight = 11, FontSize = 8;

    /// <summary>Characters of a line, of the names at its beginning, and lines of a page.</summary>
    private const int Columns = 42, NameColumns = 15, MaxLines = 400;

    private static readonly Lock Drawing = new();

    private static readonly Lazy<XFont> Font = new(() =>
    {
        GlobalFontSettings.FontResolver = new OnlyFont();
        return new("receipt", FontSize, XFontStyleEx.Regular, new XPdfFontOptions(PdfFontEncoding.Unicode));
    });

    /// <summary>Draws the file.</summary>
    public static byte[] Write(PrintedReceipt receipt)
    {
        string[] texts =
        [
            receipt.Title, "", .. receipt.Lines.Select(line => line.Name.PadRight(NameColumns) + line.Value),
            .. receipt.Note is { } note ? ["", note] : Array.Empty<string>(),
        ];
        lock (Drawing) // the library keeps its fonts in the process
        {
            var missing = new HashSet<int>();
            var file = Draw(receipt, texts, missing);
            return missing.Count == 0
                ? file
                : Draw(receipt, [.. texts.Select(text => SpellOut(text, missing))], missing: []);
        }
    }

    /// <summary>Draws the texts, and notes the characters that the font does not have.</summary>
    private static byte[] Draw(PrintedReceipt receipt, string[] texts, HashSet<int> missing)
    {
        using var document = new PdfDocument();
        document.Info.Title = $"{receipt.Title}: receipt";
        document.Info.CreationDate = receipt.At.UtcDateTime;
        document.RenderEvents.RenderTextEvent += (_, drawn) =>
        {
            foreach (var one in drawn.CodePointGlyphIndexPairs)
                if (one.GlyphIndex == 0) missing.Add(one.CodePoint);
        };
        foreach (var lines in texts.SelectMany(WrapText).Chunk(MaxLines)) DrawPage(document.AddPage(), lines);
        using var file = new MemoryStream();
        document.Save(file, closeStream: false);
        return file.ToArray();
    }

    private static void DrawPage(PdfPage page, string[] lines)
    {
        page.Width = XUnit.FromPoint(Width);
        page.Height = XUnit.FromPoint((2 * Margin) + (lines.Length * LineHeight));
        using var drawing = XGraphics.FromPdfPage(page);
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].Length > 0)
                drawing.DrawString(lines[i], Font.Value, XBrushes.Black, Margin, Margin + ((i + 1) * LineHeight));
        }
    }

    /// <summary>The lines of a text; those after the first stand below its value.</summary>
    private static IEnumerable<string> WrapText(string text)
    {
        for (var first = true; first || text.Length > 0; first = false)
        {
            var indent = first ? 0 : NameColumns;
            var length = Math.Min(Columns - indent, text.Length);
            if (length < text.Length && char.IsHighSurrogate(text[length - 1])) length--;
            yield return new string(' ', indent) + text[..length];
            text = text[length..];
        }
    }

    private static string SpellOut(string text, HashSet<int> missing) => string.Concat(text.EnumerateRunes()
        .Select(one => missing.Contains(one.Value) ? $"[U+{one.Value:X4}]" : one.ToString()));

    /// <summary>The font that is in the program, whatever is asked for: none of the machine's is used.</summary>
    private sealed class OnlyFont : IFontResolver
    {
        private const string Name = "receipts/DejaVuSansMono.ttf";

        public FontResolverInfo ResolveTypeface(string familyName, bool isBold, bool isItalic) => new(Name);

        public byte[] GetFont(string faceName) => EmbeddedFile.ReadBytes(faceName);
    }
}
