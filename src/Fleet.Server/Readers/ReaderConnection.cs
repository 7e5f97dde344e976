using Fleet.Core;
using Fleet.Core.Readers;
using Fleet.Protocol;
using Fleet.Server.Grains;
using Fleet.Server.Links;
using Terminate = Fleet.Protocol.Terminate;

namespace Fleet.Server.Readers;

/// <summary>
/// The connection of a reader's device: finds it, notes its end, and sends frames to the device. A reader of SumUp's
/// cloud has none; what is for it goes to its link with the cloud, and it counts as connected until the cloud refuses.
/// </summary>
internal sealed class ReaderConnection(
    ReaderMemory memory, LinkClient links, IGrainFactory grains, TimeProvider time)
{
    private Attachment? _link;

    /// <summary>The number of the connection; 0 without one.</summary>
    public long Epoch => _link?.Epoch ?? 0;

    /// <summary>Since when the device is not connected, as far as this activation knows.</summary>
    public DateTimeOffset GoneSince { get; private set; } = time.Now();

    private ICloudLinkGrain Cloud => grains.GetGrain<ICloudLinkGrain>(memory.Id);

    /// <summary>
    /// The reader as the rules see it now: a connection to a node that left the cluster counts as lost.
    /// </summary>
    public Reader? CheckReader()
    {
        if (_link is { } link && links.IsGone(link.Link)) Lose();
        return memory.Reader;
    }

    /// <summary>The same, if the caller's key reaches the reader.</summary>
    public Reader? FindReader(Reach caller) => memory.FindProfile(caller) is null ? null : CheckReader();

    /// <summary>The reader on the board of its store, as it is now; null when it is deleted.</summary>
    public BoardLine? CheckLine() => CheckReader() is null ? null : memory.ToLine();

    /// <summary>Asks all nodes for the device's connection, because a new activation knows none.</summary>
    public async Task Find()
    {
        if (memory.IsOfCloud || memory.Profile is not { Status: PairingStatus.Paired }) return;
        if (await links.FindAttachment(memory.Id) is not { } found || found.Epoch < Epoch || memory.Reader is null)
            return;
        _link = found;
        memory.GoOnline(found.Link.Silo);
        memory.ShowState();
    }

    /// <summary>Closes the connection that a newer one replaces.</summary>
    public void Replace(Attachment link)
    {
        if (_link is { } old && old.Link != link.Link) links.SupersedeLink(old.Link);
    }

    /// <summary>Uses a connection from now on.</summary>
    public void Use(Attachment link)
    {
        _link = link;
        memory.GoOnline(link.Link.Silo);
    }

    /// <summary>The connection is over.</summary>
    public void Lose()
    {
        _link = null;
        if (!memory.GoOffline()) return;
        GoneSince = time.Now();
        memory.ShowState();
    }

    /// <summary>
    /// Looks for the device again if it is not connected as far as is known, and sends it what it may have missed. A
    /// node that was frozen for a moment does not answer, but may still have the device's connection.
    /// </summary>
    public async Task FindLost()
    {
        if (_link is not null) return;
        await Find();
        ShowCheckout();
    }

    /// <summary>Shows the open checkout on the device, if there is one.</summary>
    public void ShowCheckout()
    {
        if (memory.Reader?.Open is not { } open) return;
        if (memory.IsOfCloud) Cloud.ShowCheckout(open.Id).Ignore();
        else Send(epoch => new ShowCheckout(epoch, links.ToDisplay(open)), open.Trace);
    }

    /// <summary>
    /// Shows what a new activation found: the commit of the one before may have been stored without its knowledge. The
    /// open checkout is shown; one that ended, or that is to end, is ended on the device, which may show it still.
    /// </summary>
    public void ShowLatest()
    {
        ShowCheckout();
        if (memory.Reader?.Latest is { } latest && !memory.IsOfCloud && (!latest.IsOpen || latest.TerminateRequested))
            EndCheckout(latest.Id);
    }

    /// <summary>Asks the device to end a checkout.</summary>
    public void EndCheckout(Guid checkoutId)
    {
        if (memory.IsOfCloud) Cloud.EndCheckout(checkoutId).Ignore();
        else Send(epoch => new Terminate(epoch, checkoutId));
    }

    /// <summary>Tells the device that its pairing is over.</summary>
    public void TellUnpaired() => Send(_ => new Unpaired(memory.Id));

    /// <summary>
    /// Sends a frame, if the device is connected, and does not wait for it: after a lost frame the next welcome sends
    /// the whole state again.
    /// </summary>
    /// <param name="frame">The frame, for the number of the connection.</param>
    /// <param name="trace">The trace it belongs to.</param>
    private void Send(Func<long, ServerFrame> frame, string? trace = null)
    {
        if (_link is { } link) _ = Deliver(link, frame, trace);
    }

    /// <summary>
    /// A frame that is not delivered is sent once more over the connection that is found then: its node may have missed
    /// the call without losing its socket, or the device was welcomed by another node that was not told of this frame.
    /// </summary>
    private async Task Deliver(Attachment link, Func<long, ServerFrame> frame, string? trace)
    {
        if (await links.DeliverFrame(link.Link, frame(link.Epoch), trace) || _link != link) return;
        Lose();
        await Find();
        if (_link is { } found) await links.DeliverFrame(found.Link, frame(found.Epoch), trace);
    }
}
