using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Cloud;
using Fleet.Server.Grains;

namespace Fleet.Server.Cloud;

/// <summary>
/// One refund on its way through the cloud: each permitted attempt is sent once, then the payment is read until it is
/// known whether the refund was made. What is known is saved by the reader; this can be lost at any time.
/// </summary>
internal sealed class RefundErrand(Guid id, IReaderGrain reader, ICloudAccountGrain account, TimeProvider time)
{
    /// <summary>The last reads that are kept to prove something.</summary>
    private const int MaxReads = 4;

    private static readonly Refusal NotThere = Refusal.ProviderRefused("not-found");

    private readonly TaskCompletionSource<Refusal?> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<RefundRead> _reads = [];
    private Refusal? _ifDropped;
    private Checkout? _paid;
    private Sorted? _unsaved;

    public Guid Id => id;

    /// <summary>Null when the refund was made, otherwise the refusal.</summary>
    public Task<Refusal?> Answer => _answer.Task;

    /// <summary>The payment, as the ledger had it last; null before it was read.</summary>
    public Checkout? Paid => _paid;

    public bool IsOver => _answer.Task.IsCompleted;

    /// <summary>When the payment must be read next; null when there is nothing to read.</summary>
    public DateTimeOffset? NextRead =>
        IsOver || _paid is null ? null : CloudRefundRules.NextRead(_paid, _reads.LastOrDefault()?.ReadAt);

    /// <summary>Makes the refund, after the payment was read.</summary>
    /// <param name="paid">The payment, as the ledger has it.</param>
    /// <param name="order">The request.</param>
    public async Task Begin(Checkout paid, RefundOrder order)
    {
        if (await account.ReadRefunds(paid) is not { } read)
        {
            End(Refusal.RefundedElsewhere);
            return;
        }
        if (read is not { Result: ReadResult.Found, TransactionId: { } transaction })
        {
            End(read.Result is ReadResult.NotFound ? NotThere : Refusal.ProviderUnavailable);
            return;
        }
        var begun = await Failover.CallWithRetry(
            () => reader.BeginRefund(order with { Refunded = read.Refunded }), CancellationToken.None);
        _paid = begun.Paid;
        if (begun.Refusal is { } refusal) End(refusal);
        else if (begun.MaySend) await Send(transaction);
        else Conclude();
    }

    /// <summary>Goes on with a refund that was begun before.</summary>
    /// <param name="paid">The payment, as the ledger has it.</param>
    public async Task Resume(Checkout paid)
    {
        _paid = paid;
        Conclude();
        if (!IsOver) await Read();
    }

    /// <summary>Reads what became of it.</summary>
    public async Task Read()
    {
        if (_unsaved is { } answer) await SaveAnswer(answer);
        if (IsOver || _paid is not { } paid) return;
        var read = await account.ReadRefunds(paid) ?? new(ReadResult.Failed, time.Now());
        if (_reads.Count == MaxReads) _reads.RemoveAt(0);
        _reads.Add(read);
        var reply = await Failover.CallWithRetry(
            () => reader.TakeRefundNews(new(paid.Id, id, null, [.. _reads])), CancellationToken.None);
        _paid = reply.Paid;
        if (reply.MaySend && read.TransactionId is { } transaction) await Send(transaction);
        else Conclude();
    }

    /// <summary>It cannot go on here; the answer is not known.</summary>
    public void Fail(Exception why) => _answer.TrySetException(why);

    private async Task Send(string transaction)
    {
        if (_paid is not { PendingRefund: { } pending } paid) return;
        Sorted sorted;
        try
        {
            sorted = RefundAnswerRules.SortAnswer(await account.RefundPayment(paid, transaction, pending.Amount));
        }
        catch (Exception)
        {
            sorted = Doubt.NoAnswer; // the node of the account may have sent it
        }
        _ifDropped = sorted switch
        {
            { Refusal: { } why } => why,
            { Doubt: Doubt.Conflict } => Refusal.NotRefundable,
            _ => _ifDropped,
        };
        try
        {
            await SaveAnswer(sorted);
        }
        catch (Exception e) when (TransientFailure.Is(e))
        {
            _unsaved = sorted; // the next read saves it; until then the till is told that it is not known
        }
    }

    private async Task SaveAnswer(Sorted answer)
    {
        if (_paid is not { } paid) return;
        var reply = await Failover.CallWithRetry(
            () => reader.TakeRefundNews(new(paid.Id, id, answer, [])), CancellationToken.None);
        _paid = reply.Paid;
        _unsaved = null;
        Conclude();
    }

    private void Conclude()
    {
        if (_paid is not { } paid) return;
        var answer = CloudRefundRules.AnswerTill(paid, id);
        if (answer is not { Code: RefusalCode.RefundUnknown }) End(answer is null ? null : _ifDropped ?? answer);
    }

    /// <summary>It is over: null when the refund was made.</summary>
    public void End(Refusal? refusal) => _answer.TrySetResult(refusal);
}
