using Fleet.Core.Readers;
using Fleet.Server.Grains;

namespace Fleet.Server.Readers;

/// <summary>
/// The connections of one serial number that show a pairing code, the oldest first. Every device can send any serial
/// number, so a new connection ends neither these nor the connection of the device itself, and a pairing is told only
/// to the connection that showed its code.
/// </summary>
internal sealed class ShownCodes
{
    private readonly List<(string Code, LinkAddress Link)> _offers = [];

    public bool IsEmpty => _offers.Count == 0;

    public void AddOffer(string code, LinkAddress link) => _offers.Add((code, link));

    public void ForgetLink(LinkAddress link) => _offers.RemoveAll(offer => offer.Link == link);

    /// <summary>The connection that shows a code, removed from those that wait; null when there is none.</summary>
    public LinkAddress? TakeOffer(string code)
    {
        var link = _offers.Find(offer => offer.Code == code).Link;
        _offers.RemoveAll(offer => offer.Code == code);
        return link;
    }

    /// <summary>The oldest connection, removed, when there are as many as allowed; otherwise null.</summary>
    public LinkAddress? TakeOldest() => DeviceRules.IsFull(_offers.Count) ? TakeOffer(_offers[0].Code) : null;
}
