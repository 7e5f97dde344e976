using Fleet.Core.Readers;
using Fleet.Protocol;
using Fleet.Server.Links;

namespace Fleet.Server.Readers;

/// <summary>The reader's connection: found, lost, and told what the device should do.</summary>
internal sealed partial class ReaderGrain
{
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
        if (await links.Deliver(link.Link, frame, trace) || _link != link) return;
        LoseLink();
        await FindLink(); // the node may have missed a call without losing its socket
    }

    private async Task FindLink()
    {
        if (record.State.Pairing is not { Status: PairingStatus.Paired }) return;
        if (await links.Find(Id) is not { } found || found.Epoch < Epoch || _reader is not { } reader) return;
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
