using Fleet.Simulator.Linking;

namespace Fleet.Simulator.Conformance;

/// <summary>How long a device is waited for.</summary>
internal sealed record CheckLimits
{
    /// <summary>For what a device answers at once.</summary>
    public static readonly TimeSpan Answer = TimeSpan.FromSeconds(5);

    /// <summary>After an answer, for a second one that must not come.</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromSeconds(0.5);

    /// <summary>For the next connection: the longest back-off, and as much as a device needs to start.</summary>
    public static readonly TimeSpan Dial = TimeSpan.FromSeconds(25);

    /// <summary>For the repetition of a result: the 10 seconds of the protocol and half as much.</summary>
    public static readonly TimeSpan Repetition = TimeSpan.FromSeconds(15);

    /// <summary>For the second request for a start: the 5 seconds of the protocol and some more.</summary>
    public static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(8);

    /// <summary>For the end of the pairing: the 5 seconds of the protocol and some more.</summary>
    public static readonly TimeSpan Leave = TimeSpan.FromSeconds(8);

    /// <summary>How late a connection may be for reasons of the machine.</summary>
    public static readonly TimeSpan Slack = TimeSpan.FromSeconds(2);

    /// <summary>When a silent connection must have ended.</summary>
    public static readonly TimeSpan Silence = DeviceLink.SilenceLimit + Slack;

    /// <summary>One rule from beginning to end.</summary>
    public static readonly TimeSpan Rule = TimeSpan.FromSeconds(90);

    /// <summary>Fleet's pings.</summary>
    public static readonly TimeSpan PingEvery = TimeSpan.FromSeconds(10);

    /// <summary>A payment from the permission to its result; the customer may be a person.</summary>
    public required TimeSpan Payment { get; init; }

    /// <summary>A person who switches the device off and on.</summary>
    public static readonly TimeSpan Person = TimeSpan.FromMinutes(2);
}
