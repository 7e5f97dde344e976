using Fleet.Protocol;
using Fleet.Simulator.Linking;

namespace Fleet.Simulator.Conformance;

/// <summary>How connections end, and when the device dials again.</summary>
internal static class DiallingRules
{
    /// <summary>Connections that are closed at once, so that back-off can be seen.</summary>
    private const int Refusals = 5;

    /// <summary>
    /// Five random waits with full jitter add up to less than this once in 50,000 times.
    /// </summary>
    private static readonly TimeSpan ShortestWaits = TimeSpan.FromSeconds(0.3);

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(15);

    public static readonly IReadOnlyList<Rule> All =
    [
        new("2.1", "A server that does not choose the sub-protocol is left.", LeavesOtherServer),
        new("2.2", "A frame that cannot be read is answered by closing with 4002.", ClosesWith4002),
        new("2.3", "After a lost connection the device dials with random back-off.", BacksOff),
        new("2.4", "After close code 1012 it dials within 2 seconds.", DialsAfterGoingAway),
        new("2.5", "After 35 seconds of silence it closes and dials again.", NoticesSilence) { Slow = true },
    ];

    private static async Task LeavesOtherServer(PlayedFleet fleet)
    {
        await fleet.BeginUnpaired();
        fleet.Server.ChoosesProtocol = false;
        try
        {
            await fleet.Talk.Link.Cut();
            var dial = await fleet.AwaitDial();
            await using (dial)
            {
                await EndsWithin(fleet, dial, CheckLimits.Answer, "the server chose no sub-protocol");
                if (dial.Frames.TryRead(out _))
                    throw new RuleBrokenException("The device talks to a server that chose no sub-protocol.");
            }
        }
        finally
        {
            fleet.Server.ChoosesProtocol = true;
        }
        await fleet.AwaitHello();
    }

    private static async Task ClosesWith4002(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        await fleet.Talk.Link.SendText("""{"type":"checkout","epoch":""");
        await EndsWithin(fleet, fleet.Talk.Link, CheckLimits.Answer, "a frame that is no JSON");
        if (fleet.Talk.Link.CloseCode != Link.ProtocolError)
            throw new RuleBrokenException($"It closed with {fleet.Talk.Link.CloseCode?.ToString() ?? "no code"}.");
        await fleet.AwaitHello();
    }

    private static async Task BacksOff(PlayedFleet fleet)
    {
        await fleet.BeginUnpaired();
        await fleet.Talk.Link.Cut();
        // of a device that other rules have cut off before it is not known how far its back-off is
        var (limit, waited) = (fleet.Device.IsProcess ? Redial.First : LongestWait, TimeSpan.Zero);
        for (var dials = 0; dials < Refusals; dials++, limit = limit * 2 < LongestWait ? limit * 2 : LongestWait)
        {
            var since = fleet.Clock.GetTimestamp();
            await using var dial = await fleet.AwaitDial();
            var wait = fleet.Clock.GetElapsedTime(since, dial.DialledAt);
            if (wait > limit + CheckLimits.Slack)
                throw new RuleBrokenException($"Dial {dials + 1} came after {wait.TotalSeconds:0.0} s.");
            waited += wait;
            await dial.Cut();
        }
        await fleet.AwaitHello();
        if (waited < ShortestWaits)
            throw new RuleBrokenException($"{Refusals} dials took {waited.TotalSeconds:0.00} s in all: no back-off.");
    }

    private static async Task DialsAfterGoingAway(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        var since = fleet.Clock.GetTimestamp(); // a device may keep the old connection until it has the new one
        await fleet.Talk.Link.Close(Link.GoingAway);
        await fleet.AwaitHello();
        var wait = fleet.Clock.GetElapsedTime(since, fleet.Talk.Link.DialledAt);
        if (wait > Redial.AfterGoingAway + CheckLimits.Slack)
            throw new RuleBrokenException($"It dialled after {wait.TotalSeconds:0.0} s.");
    }

    private static async Task NoticesSilence(PlayedFleet fleet)
    {
        await fleet.BeginPaired();
        fleet.Talk.Link.SetPings(false);
        await EndsWithin(fleet, fleet.Talk.Link, CheckLimits.Silence, "35 s of silence");
        await fleet.AwaitHello();
    }

    private static async Task EndsWithin(PlayedFleet fleet, DeviceConnection link, TimeSpan limit, string after)
    {
        try
        {
            await link.Ended.WaitAsync(limit, fleet.Clock, fleet.Cancel);
        }
        catch (TimeoutException)
        {
            throw new RuleBrokenException($"The connection is open {limit.TotalSeconds:0} s after {after}.");
        }
    }
}
