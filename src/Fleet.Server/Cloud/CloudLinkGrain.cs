using Fleet.Core;
using Fleet.Server.Grains;
using Orleans.Concurrency;
using Orleans.Placement;

namespace Fleet.Server.Cloud;

/// <summary>
/// Carries out the checkouts of one reader in the cloud. There is one that is open, and there may be some that ended
/// without a word of the cloud, which are watched for a while.
/// </summary>
[Reentrant, PreferLocalPlacement]
internal sealed class CloudLinkGrain(ReaderGrainFactory readers, TimeProvider time, ILogger<CloudLinkGrain> log)
    : Grain, ICloudLinkGrain
{
    /// <summary>How long a till waits for the cloud's answer.</summary>
    public static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(8.5);

    /// <summary>Checkouts that are carried and watched at once; when there are more the oldest is dropped.</summary>
    private const int MaxErrands = 8;

    private readonly List<CloudErrand> _errands = [];

    private ReadTimer Timer => field ??= new(this, ReadDue, time);

    private IReaderGrain Reader => readers[this.GetPrimaryKeyString()];

    public Task ShowCheckout(Guid checkoutId) =>
        FindErrand(checkoutId) is null ? Carry(checkoutId).Run : Task.CompletedTask;

    public async Task EndCheckout(Guid checkoutId)
    {
        var errand = FindErrand(checkoutId);
        if (errand is null) await ShowCheckout(checkoutId); // it reads that its end was requested
        else await errand.End();
        PlanRead();
    }

    public async Task NoteCallback(Guid checkoutId)
    {
        if (FindErrand(checkoutId) is null) await ShowCheckout(checkoutId);
        FindErrand(checkoutId)?.NoteCallback();
        PlanRead();
    }

    public async Task<Refusal?> AwaitAnswer(Guid checkoutId)
    {
        var errand = FindErrand(checkoutId) ?? Carry(checkoutId).Errand;
        try
        {
            return await errand.Answer.WaitAsync(AnswerWithin, time);
        }
        catch (Exception e) when (TransientFailure.Is(e))
        {
            return errand.AnswerNow;
        }
    }

    private CloudErrand? FindErrand(Guid checkoutId) => _errands.Find(errand => errand.Id == checkoutId);

    private (CloudErrand Errand, Task Run) Carry(Guid checkoutId)
    {
        if (_errands.Count == MaxErrands) _errands.RemoveAt(0);
        var errand = new CloudErrand(checkoutId, Reader, GrainFactory, time);
        _errands.Add(errand);
        return (errand, Run(errand));
    }

    private async Task Run(CloudErrand errand)
    {
        try
        {
            await errand.Begin();
            PlanRead();
        }
        catch (Exception e) when (TransientFailure.Is(e))
        {
            _errands.Remove(errand); // its reader calls again
            log.ErrandPutOff(errand.Id, e.GetBaseException().Message);
        }
    }

    /// <summary>Sets the timer for the next read, and forgets what has not to be read any more.</summary>
    private void PlanRead()
    {
        _errands.RemoveAll(errand => errand is { NextRead: null, Answer.IsCompleted: true });
        if (_errands.Min(errand => errand.NextRead) is { } next) Timer.SetNext(next);
    }

    private async Task ReadDue(CancellationToken cancel)
    {
        foreach (var errand in _errands.FindAll(errand => errand.NextRead <= time.Now()))
        {
            try
            {
                await errand.Read();
            }
            catch (Exception e) when (TransientFailure.Is(e) && !cancel.IsCancellationRequested)
            {
                log.ErrandPutOff(errand.Id, e.GetBaseException().Message);
            }
        }
        PlanRead();
    }
}
