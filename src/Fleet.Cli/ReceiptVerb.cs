using System.CommandLine;
using System.Text;
using System.Text.Json;

namespace Fleet.Cli;

/// <summary>The verb that shows a receipt, or writes it into a file.</summary>
internal static class ReceiptVerb
{
    private const string Html = "text/html", Pdf = "application/pdf";

    public static Command BuildCommand(CommandLine line)
    {
        var id = OptionFactory.CreateArgument("transaction", "As 'fleet transactions show' takes it.");
        var refund = OptionFactory.CreateText("--refund", "id", "Show this refund only.");
        var html = OptionFactory.CreateSwitch("--html", "As a page of HTML.");
        var pdf = OptionFactory.CreateSwitch("--pdf", "As a PDF.");
        var file = OptionFactory.CreateText("--out", "file", "Write it into this file.");
        return line.BuildVerb("receipt", "The receipt of a payment that has ended.", async session =>
        {
            if (session.GetValue(html) && session.GetValue(pdf))
                throw Failure.WrongUsage("--html and --pdf are two forms.", "Choose one of them.");
            var form = session.GetValue(html) ? Html : session.GetValue(pdf) ? Pdf : null;
            var path = await PathOf(session, session.GetValue(id), session.GetText(refund));
            await (form is null
                ? PrintReceipt(session, path, session.GetText(file))
                : WriteReceipt(session, await Rest.GetBytes(session, path, form), form, session.GetText(file)));
        }, id, refund, html, pdf, file);
    }

    private static async Task<string> PathOf(Session session, string id, string refund)
    {
        var paid = await TransactionVerbs.Find(session, id);
        return $"/v1.1/receipts/{paid.TextOf("id")}?mid={paid.TextOf("merchant_code")}"
            + (refund.Length > 0 ? $"&tx_event_id={Uri.EscapeDataString(refund)}" : "");
    }

    private static async Task PrintReceipt(Session session, string path, string file)
    {
        var told = await Rest.Get(session, path);
        var text = session.Json ? MessageJson.ToText(told.WriteTo) : string.Join('\n', LinesOf(told));
        if (file.Length > 0) await WriteFile(session, file, Encoding.UTF8.GetBytes($"{text}\n"));
        else await session.Terminal.PrintLine(text);
    }

    private static async Task WriteReceipt(Session session, byte[] bytes, string form, string file)
    {
        if (file.Length > 0) await WriteFile(session, file, bytes);
        else if (form is Html) await session.Terminal.PrintLine(Encoding.UTF8.GetString(bytes));
        else if (session.Terminal.OutBytes is { } output) await output.WriteAsync(bytes, session.Cancel);
        else throw Failure.WrongUsage("A PDF is not for a terminal.", "Name a file with --out or behind >.");
    }

    private static async Task WriteFile(Session session, string file, byte[] bytes)
    {
        try
        {
            await File.WriteAllBytesAsync(file, bytes, session.Cancel);
        }
        catch (UnauthorizedAccessException e)
        {
            throw Failure.WrongUsage($"--out: {e.Message}");
        }
        await session.PrintHint($"The receipt is in {file}.");
    }

    private static IEnumerable<string> LinesOf(JsonElement receipt)
    {
        var (paid, acquirer) = (receipt.GetProperty("transaction_data"), receipt.GetProperty("acquirer_data"));
        var currency = paid.TextOf("currency");
        yield return $"Receipt {paid.TextOf("receipt_no")} of merchant {paid.TextOf("merchant_code")}";
        yield return $"{paid.TextOf("timestamp")}  {paid.WordOf("status")}";
        yield return $"{paid.TextOf("amount")} {currency}"
            + (paid.TextOf("tip_amount").Any(c => c is >= '1' and <= '9')
                ? $", with a tip of {paid.TextOf("tip_amount")} {currency}"
                : "");
        if (paid.TryGetProperty("card", out var card) && card.ValueKind is JsonValueKind.Object)
            yield return $"{card.TextOf("type")} ending in {card.TextOf("last_4_digits")}, {paid.WordOf("entry_mode")}"
                + (acquirer.TextOf("authorization_code") is { Length: > 0 } code ? $", authorization {code}" : "");
        foreach (var refund in paid.GetProperty("events").EnumerateArray())
            yield return $"Refund {refund.TextOf("id")}: {refund.TextOf("amount")} {currency} at "
                + refund.TextOf("timestamp");
    }
}
