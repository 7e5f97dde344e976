using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Readers;
using Fleet.Server.Grains;
using Fleet.Server.Telemetry;

namespace Fleet.Server.Readers;

/// <summary>The reports of a reader's device: that it starts, how a payment ended, and its status.</summary>
internal sealed class ReaderDevice(
    ReaderMemory memory, ReaderConnection connection, ReaderJournal journal, TimeProvider time)
{
    /// <summary>
    /// Decides whether the device may take a card. Null when another connection is the device's newest.
    /// </summary>
    public async Task<bool?> GrantStart(long epoch, Guid checkoutId)
    {
        await connection.FindLost(); // a device that asks is connected
        if (memory.Reader is not { } reader || epoch != connection.Epoch) return null;
        using var step = CheckoutTrace.BeginStep(CheckoutTrace.DeviceStart, reader.Open?.Trace);
        var refusal = await journal.CommitOrRefuse(ReaderRules.GrantStart(reader, checkoutId, time.Now()));
        memory.NoteActivity();
        return refusal is null;
    }

    /// <summary>Takes a result as evidence; null when it is not saved, so that the device repeats it.</summary>
    public Task<bool?> TakeReport(Guid checkoutId, DeviceReport report) => TakeEvidence(
        checkoutId, (reader, named) => ReaderRules.TakeReport(reader, named, report, time.Now()));

    /// <summary>The same from a device that is paired as another reader now.</summary>
    public Task<bool?> TakeTestimony(Guid checkoutId, DeviceReport report, Witness witness) => TakeEvidence(
        checkoutId, (reader, named) => ReaderRules.TakeTestimony(reader, named, report, witness, time.Now()));

    /// <summary>Takes a screen, and with it the checkout that is open now.</summary>
    public Task TakeScreen(long epoch, string screen) =>
        TakeStatus(epoch, memory.Status with { Screen = screen, ScreenOf = memory.Reader?.Open?.Id });

    public Task TakeHealth(long epoch, DeviceHealth health) =>
        TakeStatus(epoch, memory.Status with { Health = health });

    /// <summary>Notes that the device answers pings.</summary>
    public Task TakeActivity(long epoch) => TakeStatus(epoch, memory.Status);

    /// <summary>The connection is over; the last status of the device is saved.</summary>
    public async Task Detach(long epoch)
    {
        // another connection is the device's newest, or there is none
        if (epoch == 0 || epoch != connection.Epoch) return;
        connection.Lose();
        await memory.SaveStatus();
    }

    private async Task<bool?> TakeEvidence(Guid checkoutId, Func<Reader, Checkout?, Decision> decide)
    {
        if (memory.Reader is not { } reader) return false;
        var named = await journal.FindCheckout(checkoutId);
        using var step = CheckoutTrace.BeginStep(CheckoutTrace.Result, named?.Trace);
        var decision = decide(reader, named);
        await journal.Commit(decision);
        memory.NoteActivity();
        return decision.Refusal is { Code: RefusalCode.ClaimTooSoon } ? null : decision.Refusal is null;
    }

    /// <summary>Takes a status, unless another connection is the device's newest.</summary>
    private async Task TakeStatus(long epoch, ReaderStatus status)
    {
        await connection.FindLost(); // a device that reports is connected
        if (epoch == connection.Epoch) memory.NoteStatus(status);
    }
}
