using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Cloud;
using Fleet.Core.Readers;
using Fleet.Server.Grains;
using Fleet.Server.Telemetry;

namespace Fleet.Server.Readers;

/// <summary>
/// What the link with SumUp's cloud reports: that it is about to send a checkout, the answer, and what it read.
/// </summary>
internal sealed class ReaderCloud(ReaderMemory memory, ReaderJournal journal, TimeProvider time)
{
    /// <summary>Commits the attempt. Only the call that did so may send it.</summary>
    public async Task<AttemptReply> Begin(Guid checkoutId)
    {
        if (memory is not { Reader: { } reader, Profile.CloudReaderId: { } cloudReader }) return new(null, false);
        using var step = CheckoutTrace.BeginStep(CheckoutTrace.DeviceStart, reader.Open?.Trace);
        var decision = CloudRules.BeginAttempt(reader, checkoutId, cloudReader, time.Now());
        await journal.Commit(decision);
        return new(
            await journal.FindCheckout(checkoutId),
            decision.Events.Any(happened => happened.Kind is EventKind.Started));
    }

    /// <summary>Takes the sorted answer to the attempt; returns the checkout after that.</summary>
    public async Task<Checkout?> TakeAnswer(Guid checkoutId, Sorted answer)
    {
        var taken = await Take(checkoutId, (reader, named) => CloudRules.TakeAnswer(reader, named, answer, time.Now()));
        if (answer.Ids is not null) NotePresence(online: true);
        else if (answer.Refusal is { Code: RefusalCode.ReaderOffline }) NotePresence(online: false);
        return taken;
    }

    /// <summary>Takes what was read of the cloud; returns the checkout after that.</summary>
    public async Task<Checkout?> TakeReads(Guid checkoutId, CloudReads reads)
    {
        var taken = await Take(checkoutId, (reader, named) => CloudRules.TakeReads(reader, named, reads, time.Now()));
        if (reads.Status is { } status) memory.NoteRead(status);
        return taken;
    }

    /// <summary>The answer to a start says, too, whether the cloud reaches the reader.</summary>
    private void NotePresence(bool online) => memory.NoteRead(new(online, State: null, time.Now()));

    private async Task<Checkout?> Take(Guid checkoutId, Func<Reader, Checkout?, Decision> decide)
    {
        if (memory.Reader is not { } reader) return null;
        var named = await journal.FindCheckout(checkoutId);
        using var step = CheckoutTrace.BeginStep(CheckoutTrace.Result, named?.Trace);
        var decision = decide(reader, named);
        if (decision.Events.IsEmpty) return named;
        await journal.Commit(decision);
        memory.NoteActivity();
        return await journal.FindCheckout(checkoutId);
    }
}
