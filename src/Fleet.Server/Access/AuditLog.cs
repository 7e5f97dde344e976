using Fleet.Core.Access;
using Fleet.Server.Settings;
using Microsoft.Extensions.Options;

namespace Fleet.Server.Access;

/// <summary>
/// Records calls that change something outside the ledger before they change it, so that every change has a row. If the
/// change fails afterwards, the row stays and says what was tried.
/// </summary>
internal sealed class AuditLog : IAsyncDisposable
{
    private readonly IAudit _audit;
    private readonly string _node;
    private readonly TimeProvider _time;
    private readonly GroupCommit<AuditNote, bool> _commits;
    private AuditTail _tail = AuditTail.Begin(Guid.NewGuid());

    public AuditLog(IAudit audit, IOptions<FleetOptions> options, TimeProvider time)
    {
        (_audit, _node, _time) = (audit, options.Value.Node, time);
        _commits = new(CommitGroup);
    }

    /// <summary>Records one call; to be awaited after the call was checked and before it changes anything.</summary>
    /// <param name="caller">Who, from where, and for which merchant.</param>
    /// <param name="action">One of <see cref="AuditAction"/>.</param>
    /// <param name="subject">The id of what is to be changed; empty when it is more than one thing.</param>
    /// <param name="detail">Names of fields, or ids; never a key, a code or a body.</param>
    /// <exception cref="LedgerUnavailableException">
    /// The row could not be written: the caller must change nothing.
    /// </exception>
    public Task RecordCall(Caller caller, string action, string subject, string detail = "") =>
        _commits.AddItem(caller.MakeNote(action, subject, detail));

    public ValueTask DisposeAsync() => _commits.DisposeAsync();

    private async Task<bool[]> CommitGroup(IReadOnlyList<AuditNote> group)
    {
        var (rows, tail, now) = (new List<AuditRow>(group.Count), _tail, _time.Now());
        foreach (var note in group)
        {
            rows.Add(tail.NextRow(note, now, _node));
            tail = rows[^1].Tail;
        }
        // begins a new chain: if the write failed, it is not known whether these rows were saved
        _tail = AuditTail.Begin(Guid.NewGuid());
        await _audit.AddRows(rows);
        _tail = tail;
        return [.. group.Select(_ => true)];
    }
}
