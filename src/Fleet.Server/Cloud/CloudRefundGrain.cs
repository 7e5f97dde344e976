using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Cloud;
using Fleet.Core.Incidents;
using Fleet.Server.Checkouts;
using Fleet.Server.Grains;
using Fleet.Server.Incidents;
using Orleans.Concurrency;
using Orleans.Placement;

namespace Fleet.Server.Cloud;

/// <summary>Carries out the refunds of one payment in the cloud, one at a time.</summary>
[Reentrant, PreferLocalPlacement]
internal sealed class CloudRefundGrain(
    ILedger ledger, ReaderGrainFactory readers, IncidentQueue incidents, TimeProvider time,
    ILogger<CloudRefundGrain> log)
    : Grain, ICloudRefundGrain
{
    private RefundErrand? _errand;
    private Task _removed = Task.CompletedTask;
    private DateTimeOffset _watchedAt;

    private ReadTimer Timer => field ??= new(this, ReadDue, time);

    private RefundKey Key => field ??= RefundKey.Parse(this.GetPrimaryKeyString());

    private IReaderGrain Reader => readers[Key.ReaderId];

    private IOpenRefundsGrain Open => GrainFactory.GetGrain<IOpenRefundsGrain>(Key.MerchantCode);

    public async Task<Refusal?> RefundPayment(RefundOrder order)
    {
        if (_errand is { IsOver: false } busy && busy.Id != order.Ask.RefundId) return Refusal.RefundPending;
        var errand = _errand is { IsOver: false } same ? same
            : Carry(order.Ask.RefundId, errand => Begin(errand, order));
        try
        {
            return await errand.Answer.WaitAsync(CloudLinkGrain.AnswerWithin, time);
        }
        catch (TimeoutException)
        {
            return Refusal.RefundUnknown;
        }
    }

    public async Task ResumeRefund()
    {
        var isUnderWay = _errand is { IsOver: false }; // asked before the read, which may then be older than its end
        var paid = await ledger.FindCheckout(Key.ReaderId, Key.CheckoutId, CancellationToken.None);
        if (paid is not null && RefundRecordRules.IsWatched(paid, time.Now())) await WatchRecorded(paid);
        else if (isUnderWay) return;
        else if (paid?.PendingRefund is { } pending) Carry(pending.Id, errand => errand.Resume(paid));
        else if (_errand is null or { IsOver: true }) await Open.RemoveRefund(Key);
    }

    /// <summary>Reads whether the sum shows the opposite of what an operator recorded, once a minute.</summary>
    private async Task WatchRecorded(Checkout paid)
    {
        if (paid.RecordedRefund is not { } record || time.Now() - _watchedAt < CloudRefundRules.RarePause) return;
        _watchedAt = time.Now();
        if (await GrainFactory.GetGrain<ICloudAccountGrain>(Key.MerchantCode).ReadRefunds(paid) is { } read)
            await Reader.TakeRefundNews(new(paid.Id, record.Id, null, [read]));
    }

    /// <summary>Begins a refund, or finds the one of this id that was begun before.</summary>
    private async Task Begin(RefundErrand errand, RefundOrder order)
    {
        var paid = await ledger.FindCheckout(Key.ReaderId, Key.CheckoutId, CancellationToken.None);
        var decision = CloudRefundRules.BeginRefund(paid, order.Ask, order.Refunded, time.Now());
        if (paid is null || decision.Refusal is not null) errand.End(decision.Refusal);
        else if (decision.Events.IsEmpty) await errand.Resume(paid);
        else if (!await NoteOpen()) errand.End(Refusal.RefundPending);
        else await errand.Begin(paid, order);
    }

    private async Task<bool> NoteOpen()
    {
        await _removed.ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext
            | ConfigureAwaitOptions.SuppressThrowing); // it must not come after the next line
        return await Open.AddRefund(Key);
    }

    private RefundErrand Carry(Guid refundId, Func<RefundErrand, Task> work)
    {
        var account = GrainFactory.GetGrain<ICloudAccountGrain>(Key.MerchantCode);
        var errand = _errand = new(refundId, Reader, account, time);
        _ = Run(errand, () => work(errand));
        return errand;
    }

    private async Task Run(RefundErrand errand, Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception e)
        {
            log.RefundPutOff(Key.CheckoutId, e.GetBaseException().Message);
            errand.Fail(e); // it is reminded of later
        }
        if (errand.Paid is { } paid) incidents.Note(Occurrence.FromRefund(paid, time.Now()));
        if (errand.NextRead is { } next) Timer.SetNext(next);
        else if (errand.Answer.IsCompletedSuccessfully && !IsWatched(errand)) _removed = Open.RemoveRefund(Key);
    }

    private bool IsWatched(RefundErrand errand) =>
        errand.Paid is { } paid && RefundRecordRules.IsWatched(paid, time.Now());

    private Task ReadDue(CancellationToken cancel) =>
        _errand is { IsOver: false } errand ? Run(errand, errand.Read) : Task.CompletedTask;
}
