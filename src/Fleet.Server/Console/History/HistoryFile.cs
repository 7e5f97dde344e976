using System.Globalization;
using System.Text;
using Fleet.Core.Cloud;
using Fleet.Server.Api;
using Fleet.Server.Checkouts;
using Fleet.Server.Console.Parts;

namespace Fleet.Server.Console.History;

/// <summary>The list as a file for spreadsheets. It is written while it is read, so it may be long.</summary>
internal static class HistoryFile
{
    /// <summary>Entries that are read at once.</summary>
    private const int PageSize = 1_000;

    /// <summary>Lines of a file, chosen by us: spreadsheets take hardly more.</summary>
    private const int MaxRows = 1_000_000;

    private static readonly string[] Heads =
    [
        "time_utc", "kind", "status", "amount", "currency", "tip", "store", "reader_id", "card", "transaction_code",
        "checkout_id", "foreign_transaction_id", "description", "disputed", "till",
    ];

    /// <summary>
    /// Writes the file. When it is cut short, the connection breaks, so that a browser does not take it for whole.
    /// </summary>
    public static async Task Write(PageRequest page)
    {
        var scope = await page.Api.Admit(HistoryRoutes.History);
        var filters = HistoryRoutes.FiltersOf(page, PageSize);
        var answer = page.Http.Response;
        answer.ContentType = "text/csv; charset=utf-8";
        answer.Headers.ContentDisposition = "attachment; filename=\"transactions-"
            + $"{scope.Code}-{new CloudDay(filters.From)}-{new CloudDay(filters.To)}.csv\"";
        await answer.WriteAsync(CsvText.LineOf(Heads), page.Aborted);
        await foreach (var rows in ReadPages(page, scope.Code, filters))
        {
            if (!await KeyRecheck.IsAdmitted(page.Http) || page.Get<NodeLeaving>().Token.IsCancellationRequested)
            {
                page.Http.Abort();
                return;
            }
            await answer.WriteAsync(TextOf(rows), page.Aborted);
        }
    }

    private static async IAsyncEnumerable<IReadOnlyList<PaymentRow>> ReadPages(
        PageRequest page, string merchantCode, HistoryFilters filters)
    {
        var (query, left) = (filters.Query, MaxRows);
        while (left > 0)
        {
            var entries = await page.Get<ITransactions>().ListHistory(merchantCode, query, page.Aborted);
            var rows = entries.Where(entry => filters.Fits?.Invoke(entry) is not false).Take(left)
                .Select(PaymentRow.FromEntry).ToList();
            yield return rows;
            if (entries.Count < PageSize) yield break;
            left -= rows.Count;
            query = query with { Until = entries[^1].Ref };
        }
        page.Http.Abort(); // there are more
    }

    private static string TextOf(IReadOnlyList<PaymentRow> rows)
    {
        var text = new StringBuilder();
        foreach (var row in rows)
        {
            text.Append(CsvText.LineOf(
                row.At.ToDateTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture), row.Kind,
                row.Status, row.Amount, row.Currency, row.Tip, row.Store, row.ReaderId, row.Card, row.TransactionCode,
                row.CheckoutId, row.ForeignId, row.Description, row.Disputed ? "yes" : "", row.Till));
        }
        return text.ToString();
    }
}
