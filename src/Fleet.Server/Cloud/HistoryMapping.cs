using Fleet.Core.Cloud;
using Fleet.Server.Grains;

namespace Fleet.Server.Cloud;

/// <summary>Reads payments of the cloud in the form in which they are compared with the ledger.</summary>
internal static class HistoryMapping
{
    private const string Payment = "PAYMENT";

    /// <summary>A page of a time span; null when it cannot be read.</summary>
    public static async Task<CloudHistoryPage?> ReadHistory(
        this CloudClient client, DateTimeOffset from, DateTimeOffset to, string? next)
    {
        var answer = next is null
            ? await client.ListTransactions(from, to, CancellationToken.None)
            : await client.ListNextTransactions(next, null, CancellationToken.None);
        if (answer.Body is not { } page) return null;
        // Refunds and charge-backs are entries of their own; what was given back stands with the payment, too.
        var payments = page.Items
            .Where(item => item.Type is null || Payment.Equals(item.Type, StringComparison.OrdinalIgnoreCase)).ToList();
        var items = payments.Select(ToPayment).OfType<CloudTransaction>()
            .Where(item => item.Status is not CloudStatus.Unknown).ToList();
        // The next page may have forgotten where the time span ends.
        var isOver = page.Items is [.., { At: var last }] && last >= to;
        return new([.. items.Where(item => item.At < to)], payments.Count - items.Count, isOver ? null : page.Next);
    }

    /// <summary>A payment by one of its ids; null when it is not there, or cannot be read.</summary>
    public static async Task<CloudTransaction?> FindPayment(this CloudClient client, CloudIds ids, string? foreignId)
    {
        var answer = ids.ClientTransactionId is { } id ? await client.ReadTransactionByClientId(id, null, default)
            : foreignId is not null ? await client.ReadTransactionByForeignId(foreignId, null, default)
            : null;
        return answer?.Body is { } read ? ToPayment(read) : null;
    }

    private static CloudTransaction? ToPayment(WireTransaction read) =>
        read.At is { } at && read.ReadAmount() is { } amount
            ? new(at, CloudStatusWords.ReadStatus($"{read.Status}"), amount,
                new CloudIds(null, read.ClientTransactionId, read.TransactionCode).KeepReadable())
            {
                ForeignId = read.ForeignTransactionId,
                Tip = read.ReadMinor(read.TipAmount),
                Refunded = read.ReadRefunded(),
            }
            : null;
}
