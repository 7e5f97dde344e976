using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;

namespace Fleet.Server.Api.Receipts;

/// <summary>A receipt as a page that can be printed. It has no script and loads nothing.</summary>
internal static class ReceiptHtml
{
    private const string Style = "body{font:16px/1.4 system-ui,sans-serif;max-width:26rem;margin:2rem auto;"
        + "padding:0 1rem;color:#000;background:#fff}h1{font-size:1.3rem}dl{display:grid;"
        + "grid-template-columns:max-content 1fr;gap:.2rem 1rem}dt{color:#555}dd{margin:0;overflow-wrap:anywhere}"
        + ".note{border-top:1px solid;padding-top:.5rem}@media print{body{margin:0}}";

    /// <summary>What a browser may do with the page: show it in this style, and nothing else.</summary>
    public static readonly string Policy = "default-src 'none'; style-src 'sha256-"
        + Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)))
        + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>Writes the page. All texts are escaped.</summary>
    public static byte[] Write(PrintedReceipt receipt)
    {
        var html = new StringBuilder();
        var title = Escape(receipt.Title);
        html.Append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
            .Append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
            .Append($"<title>{title}: receipt</title>\n<style>{Style}</style>\n</head>\n<body>\n")
            .Append($"<h1><bdi>{title}</bdi></h1>\n<dl>\n");
        foreach (var (name, value) in receipt.Lines)
            html.Append($"<dt>{Escape(name)}</dt><dd><bdi>{Escape(value)}</bdi></dd>\n");
        html.Append("</dl>\n");
        if (receipt.Note is { } note) html.Append($"<p class=\"note\">{Escape(note)}</p>\n");
        return Encoding.UTF8.GetBytes(html.Append("</body>\n</html>\n").ToString());
    }

    private static string Escape(string text) => HtmlEncoder.Default.Encode(text);
}
