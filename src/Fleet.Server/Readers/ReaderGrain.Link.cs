using Fleet.Core;
using Fleet.Core.Readers;
using Fleet.Protocol;
using Fleet.Server.Grains;

namespace Fleet.Server.Readers;

/// <summary>The reader's connection: found, lost, and told what the device should do.</summary>
internal sealed partial class ReaderGrain
{
    /// <summary>
    /// The answer rests on memory, whatever it is: an activation that was frozen would give up the device in the middle
    /// of a payment that it knows nothing of. So the ledger is asked first, and the rule last.
    /// </summary>
    public async Task<Refusal?> GiveUpDevice(Reach caller, bool dryRun)
    {
        await ExpireCheckout();
        if (Listed is null || _reader is null) return null;
        await ConfirmMemory();
        if (Listed is not { } pairing || Look() is not { } reader) return null;
        var refusal = PairingRules.GiveUpDevice(pairing, reader, _goneSince, caller, time.Now());
        if (refusal is null && !dryRun) await LoseDevice();
        return refusal;
    }

    /// <summary>
    /// Sends a frame, if anybody listens. Nobody waits for it: a lost frame is healed by the next welcome.
    /// </summary>
    private void Tell(ServerFrame frame)
    {
        if (_link is { } link) _ = Deliver(link, frame);
    }

    private async Task Deliver(Attachment link, ServerFrame frame)
    {
        var trace = frame is ShowCheckout ? _reader?.Open?.Trace : null;
        if (await links.DeliverFrame(link.Link, frame, trace) || _link != link) return;
        LoseLink();
        await FindLink(); // the node may have missed a call without losing its socket
    }

    private async Task FindLink()
    {
        if (record.State.Pairing is not { Status: PairingStatus.Paired }) return;
        if (await links.FindAttachment(Id) is not { } found || found.Epoch < Epoch || _reader is not { } reader) return;
        _link = found;
        _reader = reader with { Online = true };
        Push();
    }

    private void LoseLink()
    {
        _link = null;
        if (_reader is not { Online: true } reader) return;
        (_reader, _goneSince) = (reader with { Online = false }, time.Now());
        Push();
    }
}
