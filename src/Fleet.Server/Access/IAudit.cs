using Fleet.Core.Access;

namespace Fleet.Server.Access;

/// <summary>The rows of the audit, from all writers. Rows are never changed.</summary>
internal interface IAudit
{
    /// <summary>
    /// Saves all rows or none. Rows about checkouts are saved by the ledger, together with the change.
    /// </summary>
    Task AddRows(IReadOnlyList<AuditRow> rows);

    /// <summary>A page, newest first.</summary>
    Task<IReadOnlyList<AuditRow>> ListRows(AuditPage page, CancellationToken cancel);

    /// <summary>
    /// Rows chain by chain, after one of them; each with the last row of its chain that was exported and removed, as it
    /// was at the same moment, or null when none was.
    /// </summary>
    Task<IReadOnlyList<(AuditRow Row, AuditTail? Removed)>> WalkRows(
        Guid chain, long seq, int limit, CancellationToken cancel);
}

/// <summary>A part of the audit.</summary>
/// <param name="From">Not older than this.</param>
/// <param name="Below">Older than this, or of its time and before it.</param>
/// <param name="Limit">How many.</param>
/// <param name="MerchantCode">About this merchant; null for all.</param>
/// <param name="Action">This action; null for all.</param>
/// <param name="KeyId">With this key; null for all.</param>
internal sealed record AuditPage(
    DateTimeOffset From, AuditPlace Below, int Limit, string? MerchantCode, string? Action, string? KeyId);
