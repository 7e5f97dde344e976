using Fleet.Protocol.V1;
using Google.Protobuf;

namespace Fleet.Client;

/// <summary>How long a call asks Fleet to wait before it answers.</summary>
internal static class CallWaits
{
    private const string WaitField = "wait_seconds";

    /// <summary>The time that a request asks for; zero for a request that is answered at once.</summary>
    public static TimeSpan AskedBy(object request) => request switch
    {
        StartRequest { Route: { } route } => TimeSpan.FromSeconds(route.QueueFor),
        WaitRequest wait => TimeSpan.FromSeconds(wait.Seconds),
        FleetStatusRequest status => TimeSpan.FromMilliseconds(status.DeadlineMs),
        IMessage message => TimeSpan.FromSeconds(NumberOf(message, WaitField)),
        _ => TimeSpan.Zero,
    };

    private static int NumberOf(IMessage message, string field) =>
        message.Descriptor.FindFieldByName(field)?.Accessor.GetValue(message) as int? ?? 0;
}
