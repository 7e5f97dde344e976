using Fleet.Core.Checkouts;
using Fleet.Server.Checkouts;
using Npgsql;
using NpgsqlTypes;

namespace Fleet.Server.Storage.Postgres;

/// <summary>
/// The statements by which a checkout that ended in doubt holds its sale: at once, or as soon as another checkout that
/// has the sale meanwhile ends without a payment.
/// </summary>
internal static class PostgresSales
{
    private const string NoteDoubt =
        "UPDATE checkout SET in_doubt = true WHERE checkout_id = ANY ($1) AND single_payment";

    /// <summary>
    /// Waits for a node that is just ending the checkout which has the sale: so that one of the two sees the other.
    /// </summary>
    private const string AwaitHolders = $"""
        SELECT 1 FROM checkout WHERE reference = ANY ($1) AND {SqlTransactions.HoldsSale}
        ORDER BY checkout_id FOR UPDATE
        """;

    private const string HoldSales = $"""
        UPDATE checkout c SET sale_held = true
        FROM (
            SELECT DISTINCT ON (reference) checkout_id, reference FROM checkout
            WHERE reference = ANY ($1) AND in_doubt ORDER BY reference, checkout_id DESC
        ) AS d
        WHERE c.checkout_id = d.checkout_id
            AND NOT EXISTS (SELECT FROM checkout WHERE reference = d.reference AND {SqlTransactions.HoldsSale})
        """;

    /// <summary>The statements for checkouts that changed; none when none of them ended without a payment.</summary>
    public static IEnumerable<NpgsqlBatchCommand> BuildHolds(List<Checkout> changed)
    {
        var unpaid = changed.FindAll(one => one.IsUnpaid && one.Terms.Affiliate is not null);
        if (unpaid.Count == 0) yield break;
        var doubtful = unpaid.FindAll(one => one.IsDoubtful);
        if (doubtful.Count > 0)
        {
            yield return new NpgsqlBatchCommand(NoteDoubt).WithColumn(doubtful, NpgsqlDbType.Uuid, one => one.Id);
            yield return new NpgsqlBatchCommand(AwaitHolders)
                .WithColumn(doubtful, NpgsqlDbType.Text, HistoryRow.ReferenceOf);
        }
        yield return new NpgsqlBatchCommand(HoldSales).WithColumn(unpaid, NpgsqlDbType.Text, HistoryRow.ReferenceOf);
    }
}
