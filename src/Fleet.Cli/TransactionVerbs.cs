using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Fleet.Core.Transactions;
using Google.Protobuf.WellKnownTypes;

namespace Fleet.Cli;

/// <summary>The verbs that list transactions with their sums, and show one of them.</summary>
internal static class TransactionVerbs
{
    /// <summary>How many rows a list has by default and at most, and how many are read at once.</summary>
    private const int UsualRows = 100, MaxRows = 1_000_000, PageSize = 1_000;

    private static readonly string[]
        Heads = ["TIME", "TRANSACTION", "TYPE", "STATUS", "AMOUNT", "CURRENCY", "REFUNDED", "CARD", "CHECKOUT",
            "DESCRIPTION"],
        SumHeads = ["CURRENCY", "PAYMENTS", "AMOUNT", "REFUNDS", "REFUNDED", "NET"],
        FactHeads = ["FACT", "VALUE"];

    public static Command BuildCommand(CommandLine line) => CommandLine.BuildGroup("transactions",
        "List transactions with their sums, and show one of them.", BuildList(line), BuildShow(line));

    private static Command BuildList(CommandLine line)
    {
        var from = OptionFactory.CreateTime("--from", "Not older than this.", line.Time);
        var to = OptionFactory.CreateTime("--to", "Older than this.", line.Time);
        var status = OptionFactory.CreateChoice("--status", "Only those.", "successful", "failed", "cancelled",
            "refunded");
        var type = OptionFactory.CreateChoice("--type", "Only those.", "payment", "refund");
        var code = OptionFactory.CreateText("--code", "code", "Only the one with this code, and its refunds.");
        var rows = OptionFactory.CreateNumber("--limit", "number", $"How many at most. Default {UsualRows}.", 1,
            MaxRows);
        var csv = CsvText.CreateOption();
        return line.BuildVerb("list", "Payments that have ended and refunds, the newest first, with their sums.",
            async session =>
            {
                var query = new Dictionary<string, string>
                {
                    ["oldest_time"] = TimeOf(session.GetValue(from)), ["newest_time"] = TimeOf(session.GetValue(to)),
                    ["statuses[]"] = session.GetText(status).ToUpperInvariant(),
                    ["types[]"] = session.GetText(type).ToUpperInvariant(),
                    ["transaction_code"] = session.GetText(code),
                };
                var limit = session.IsGiven(rows) ? session.GetValue(rows) : UsualRows;
                var (items, more) = await ReadHistory(session, query, limit);
                await PrintHistory(session, items, session.GetValue(csv));
                if (more)
                    await session.PrintHint($"There are more: the sums are of these {limit} only. --limit shows more.");
            }, from, to, status, type, code, rows, csv);
    }

    private static Command BuildShow(CommandLine line)
    {
        var id = OptionFactory.CreateArgument("transaction",
            "Its id, its code, its client transaction id, or your own reference.");
        return line.BuildVerb("show", "A transaction, its card and its refunds.", async session =>
        {
            var told = await Find(session, session.GetValue(id));
            await session.PrintAnswer(told.WriteTo, () => session.Terminal.PrintTable(FactHeads, FactsOf(told)));
        }, id);
    }

    /// <summary>A transaction by any of its ids.</summary>
    /// <exception cref="Failure">There is none.</exception>
    public static async Task<JsonElement> Find(Session session, string id)
    {
        string[] names = Guid.TryParse(id, out _)
            ? ["id", "client_transaction_id", "foreign_transaction_id"]
            : [.. Transaction.IsCode(id) ? ["transaction_code"] : Array.Empty<string>(), "client_transaction_id",
                "foreign_transaction_id"];
        var path = $"/v2.1/merchants/{Uri.EscapeDataString(await session.FindMerchant())}/transactions";
        foreach (var name in names)
            if (await Rest.Find(session, $"{path}?{name}={Uri.EscapeDataString(id)}") is { } found) return found;
        throw new Failure(ExitCode.Refused, "NOT_FOUND", $"There is no transaction {id}.",
            "See 'fleet transactions list'. A payment that has not ended is in 'fleet checkout show' only.");
    }

    private static async Task<(List<JsonElement> Items, bool More)> ReadHistory(
        Session session, Dictionary<string, string> query, int limit)
    {
        var path = $"/v2.1/merchants/{Uri.EscapeDataString(await session.FindMerchant())}/transactions/history";
        var items = new List<JsonElement>();
        (query["order"], query["limit"]) = ("descending", $"{Math.Min(PageSize, limit)}");
        var next = string.Join('&', query.Where(one => one.Value.Length > 0)
            .Select(one => $"{Uri.EscapeDataString(one.Key)}={Uri.EscapeDataString(one.Value)}"));
        while (next.Length > 0 && items.Count < limit)
        {
            var page = await Rest.Get(session, $"{path}?{next}");
            items.AddRange(page.GetProperty("items").EnumerateArray());
            next = page.TryGetProperty("links", out var links) && links.ValueKind is JsonValueKind.Array
                ? links[0].GetProperty("href").GetString() ?? ""
                : "";
        }
        return ([.. items.Take(limit)], next.Length > 0 || items.Count > limit);
    }

    private static async Task PrintHistory(Session session, List<JsonElement> items, bool csv)
    {
        var sums = items.GroupBy(item => item.TextOf("currency"), TransactionSum.FromItems).ToList();
        if (csv)
        {
            await CsvText.Print(session, Heads, items.Select(item => ToCells(item).ToList()));
            return;
        }
        await session.PrintAnswer(json => WriteHistory(json, items, sums), async () =>
        {
            await session.Terminal.PrintTable(Heads, items.Select(item => ToCells(item).ToList()));
            await session.Terminal.PrintLine("");
            await session.Terminal.PrintTable(SumHeads, sums.Select(sum => sum.ToCells()));
        });
    }

    private static void WriteHistory(Utf8JsonWriter json, List<JsonElement> items, List<TransactionSum> sums)
    {
        json.WriteStartObject();
        json.WriteStartArray("items");
        foreach (var item in items) item.WriteTo(json);
        json.WriteEndArray();
        json.WriteStartArray("totals");
        foreach (var sum in sums) sum.WriteTo(json);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static IEnumerable<string> ToCells(JsonElement item) =>
    [
        item.TextOf("timestamp"), item.TextOf("transaction_code"), item.WordOf("type"), item.WordOf("status"),
        item.TextOf("amount"), item.TextOf("currency"),
        item.DecimalOf("refunded_amount") == 0 ? "" : item.TextOf("refunded_amount"), item.TextOf("card_type"),
        item.TextOf("transaction_id"), item.TextOf("product_summary"),
    ];

    private static IEnumerable<string[]> FactsOf(JsonElement one)
    {
        var currency = one.TextOf("currency");
        var card = one.TryGetProperty("card", out var read) && read.ValueKind is JsonValueKind.Object
            ? $"{read.TextOf("type")} ending in {read.TextOf("last_4_digits")}, {one.WordOf("entry_mode")}"
            : "";
        string[][] facts =
        [
            ["transaction", one.TextOf("transaction_code")], ["checkout", one.TextOf("id")],
            ["client transaction id", one.TextOf("client_transaction_id")],
            ["reference", one.TextOf("foreign_transaction_id")], ["time", one.TextOf("timestamp")],
            ["status", one.WordOf("status")], ["amount", $"{one.TextOf("amount")} {currency}"],
            ["of it tip", one.DecimalOf("tip_amount") == 0 ? "" : $"{one.TextOf("tip_amount")} {currency}"],
            ["card", card], ["authorization", one.TextOf("auth_code")], ["description", one.TextOf("product_summary")],
            ["why not charged", one.TextOf("failure_reason")],
            .. one.GetProperty("events").EnumerateArray().Select(refund => new[]
            {
                $"refund {refund.TextOf("id")}",
                $"{refund.TextOf("amount")} {currency} at {refund.TextOf("timestamp")}",
            }),
        ];
        return facts.Where(fact => fact[1].Length > 0);
    }

    private static string TimeOf(Timestamp? time) =>
        time?.ToDateTime().ToString("O", CultureInfo.InvariantCulture) ?? "";
}
