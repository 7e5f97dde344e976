using System.Diagnostics;
using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Cloud;
using Fleet.Server.Grains;
using Fleet.Server.Telemetry;

namespace Fleet.Server.Cloud;

/// <summary>
/// One checkout on its way through the cloud: it is sent once, then read until its outcome is known. What is known is
/// saved by its reader; this can be lost at any time.
/// </summary>
internal sealed class CloudErrand(Guid id, IReaderGrain reader, IGrainFactory grains, TimeProvider time)
{
    /// <summary>How often the cloud is asked to end a payment; after that a person at the reader must end it.</summary>
    private const int MaxTerminates = 3;

    /// <summary>The pause between two of those, and how long the payment is read often after each.</summary>
    private static readonly TimeSpan TerminatePause = TimeSpan.FromSeconds(10);

    /// <summary>The shortest pause between two reads that callbacks cause.</summary>
    private static readonly TimeSpan CallbackPause = TimeSpan.FromSeconds(1);

    /// <summary>The pause between two reads that ask all that may know of it.</summary>
    private static readonly TimeSpan ThoroughPause = TimeSpan.FromSeconds(15);

    private readonly TaskCompletionSource<Refusal?> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Checkout? _checkout;
    private Sorted? _unsaved;
    private DateTimeOffset? _read, _answered, _readAll, _terminated;
    private bool _called, _mustEnd;

    /// <summary>Whether the last read was answered in all that it asked; otherwise it is made again soon.</summary>
    private bool _isWhole;

    private int _terminates;

    public Guid Id => id;

    /// <summary>Null when the cloud took it, otherwise the refusal.</summary>
    public Task<Refusal?> Answer => _answer.Task;

    /// <summary>The answer as far as it is known now.</summary>
    public Refusal AnswerNow => Refusal.OutcomeUnknown(
        new(id, _checkout?.State ?? CheckoutState.Accepted, null));

    /// <summary>When it must be read next; null when there is nothing to read.</summary>
    public DateTimeOffset? NextRead
    {
        get
        {
            if (_checkout is not { } checkout) return null;
            var now = time.Now();
            if (ReadPlan.NextRead(checkout, _read, _called, now) is not { } next) return null;
            if (_read is not { } read) return next;
            if (_called) return read + CallbackPause > now ? read + CallbackPause : now;
            var pause = _terminated is { } then && now - then < TerminatePause ? ReadPlan.OftenPause
                : checkout.EndedAt is null && !_isWhole ? ThoroughPause
                : next - read;
            return read + pause < next ? read + pause : next;
        }
    }

    private ICloudAccountGrain Account(Checkout checkout) =>
        grains.GetGrain<ICloudAccountGrain>(checkout.MerchantCode);

    /// <summary>Sends the attempt if this call was permitted to; otherwise goes on with what was sent before.</summary>
    public async Task Begin()
    {
        try
        {
            var begun = await Failover.CallWithRetry(() => reader.BeginAttempt(id), CancellationToken.None);
            _checkout = begun.Checkout;
            if (begun is { MaySend: true, Checkout: { } fresh }) await Send(fresh);
            else if (_checkout is { State: CheckoutState.Started, Cloud: { IsConfirmed: false, Doubt: null } })
                await SaveAnswer(Doubt.NoAnswer); // it was sent, or would have been, by an activation that is gone
            _answer.TrySetResult(_checkout is { } checkout ? CloudRules.AnswerTill(checkout) : null);
            await Terminate();
        }
        catch (Exception e)
        {
            _answer.TrySetException(e);
            throw;
        }
    }

    /// <summary>Reads what became of it.</summary>
    public async Task Read()
    {
        var called = _called;
        (_read, _called, _isWhole) = (time.Now(), false, false);
        if (_unsaved is { } answer) await SaveAnswer(answer);
        if (_checkout is not { Cloud: { } attempt } checkout) return;
        var need = IsDue(attempt) ? ReadNeed.Thorough
            : called ? ReadNeed.Result
            : ReadPlan.NeedAt(attempt, _answered, time.Now());
        if (need is ReadNeed.Thorough) _readAll = _read;
        var reads = await ReadAttempt(checkout, need);
        var failed = reads.Findings.Count(finding => finding.Result is ReadResult.Failed);
        _isWhole = failed == 0 && (need is not ReadNeed.Thorough || reads.Status is not null);
        if (failed < reads.Findings.Count) _answered = _read;
        _checkout = await Failover.CallWithRetry(() => reader.TakeReads(id, reads), CancellationToken.None) ?? checkout;
        await Terminate();
    }

    /// <summary>Asks the cloud to end it, as soon as it is known to be the one that the reader shows.</summary>
    public async Task End()
    {
        _mustEnd = true;
        await Terminate();
    }

    /// <summary>Notes that the cloud called, so that it is read at once.</summary>
    public void NoteCallback() => _called = true;

    private async Task Send(Checkout checkout)
    {
        var sorted = await Create(checkout);
        if (sorted.Verdict is Verdict.NeedsStatus) sorted = AnswerRules.SortUntyped(await ReadStatus(checkout));
        try
        {
            await SaveAnswer(sorted);
        }
        catch (Exception e) when (TransientFailure.Is(e))
        {
            _unsaved = sorted; // the next read saves it; until then its till is told that it is not known
        }
    }

    private async Task<Sorted> Create(Checkout checkout)
    {
        using var step = CheckoutTrace.BeginStep(CheckoutTrace.CloudCreate, checkout.Trace, ActivityKind.Client);
        try
        {
            var answer = await Account(checkout).CreateCheckout(checkout);
            var sorted = AnswerRules.SortAnswer(answer);
            step.NoteTag("fleet.cloud.status", answer.Status);
            step.NoteTag("fleet.cloud.verdict", sorted.Verdict.ToWireName());
            return sorted;
        }
        catch (Exception)
        {
            return Doubt.NoAnswer; // the node of the account may have sent it
        }
    }

    private async Task<CloudReads> ReadAttempt(Checkout checkout, ReadNeed need)
    {
        using var step = CheckoutTrace.BeginStep(CheckoutTrace.CloudRead, checkout.Trace, ActivityKind.Client);
        var reads = await Account(checkout).ReadAttempt(checkout, need);
        step.NoteTag("fleet.cloud.found", reads.Findings.Count(finding => finding.Result is ReadResult.Found));
        return reads;
    }

    private async Task<CloudReaderStatus?> ReadStatus(Checkout checkout)
    {
        try
        {
            return checkout.Cloud is { } attempt ? await Account(checkout).ReadStatus(attempt.ReaderId) : null;
        }
        catch (Exception e) when (TransientFailure.Is(e))
        {
            return null;
        }
    }

    private async Task SaveAnswer(Sorted answer)
    {
        _checkout = await Failover.CallWithRetry(() => reader.TakeAnswer(id, answer), CancellationToken.None)
            ?? _checkout;
        _unsaved = null;
    }

    /// <summary>
    /// The cloud ends whatever the reader shows. So it is asked only while this checkout is known to be there.
    /// </summary>
    private async Task Terminate()
    {
        if (_checkout is not { State: CheckoutState.Started, Cloud.IsConfirmed: true } checkout) return;
        if (!(_mustEnd || checkout.TerminateRequested) || _terminates >= MaxTerminates) return;
        var now = time.Now();
        if (_terminated is { } then && now - then < TerminatePause) return;
        (_terminated, _terminates, _called) = (now, _terminates + 1, true);
        using var step = CheckoutTrace.BeginStep(CheckoutTrace.CloudTerminate, checkout.Trace, ActivityKind.Client);
        step.NoteTag("fleet.cloud.taken", await Account(checkout).TerminateCheckout(checkout));
    }

    private bool IsDue(CloudAttempt attempt)
    {
        var now = time.Now();
        var late = attempt.Doubt is not null || now - attempt.SentAt >= EvidenceRules.UnstartedAfter;
        return late && (_readAll is not { } last || now - last >= ThoroughPause);
    }
}
