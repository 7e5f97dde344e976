using System.Diagnostics;
using System.Runtime.CompilerServices;
using Fleet.Core.Readers;
using Fleet.Server.Checkouts;

namespace Fleet.Server.Readers;

/// <summary>
/// A commit under way, to be awaited once and at once. What follows it runs in the turn of the method that awaits it: a
/// method of its own that waited between the two would be one more turn of the grain for each commit, with 350 bytes.
/// </summary>
/// <param name="journal">Whose commit it is.</param>
/// <param name="append">What is saved.</param>
/// <param name="reader">The reader before it.</param>
/// <param name="saving">The commit.</param>
/// <param name="step">The step of the trace, which ends with it.</param>
internal readonly struct PendingCommit(
    ReaderJournal journal, LedgerAppend append, Reader reader, Task<AppendOutcome> saving, Activity? step)
    : ICriticalNotifyCompletion
{
    /// <summary>The default value of this type has nothing to save.</summary>
    private readonly Task<AppendOutcome>? _saving = saving;

    public bool IsCompleted => _saving is not { IsCompleted: false };

    public PendingCommit GetAwaiter() => this;

    public AppendOutcome GetResult() =>
        _saving is null ? AppendOutcome.Appended : journal.EndCommit(append, reader, _saving, step);

    public void OnCompleted(Action continuation) => _saving?.GetAwaiter().OnCompleted(continuation);

    public void UnsafeOnCompleted(Action continuation) => _saving?.GetAwaiter().UnsafeOnCompleted(continuation);
}
