using System.Security.Cryptography.X509Certificates;
using Fleet.Simulator.Linking;

namespace Fleet.Simulator;

/// <summary>What one virtual reader is, and how its customers behave.</summary>
public sealed record VirtualReaderOptions
{
    /// <summary>The model that the device reports by default.</summary>
    public const string VirtualSolo = "virtual-solo";

    /// <summary>Longest serial number and firmware version Fleet takes.</summary>
    public const int MaxText = 64;

    /// <summary>Serial number, 1 to <see cref="MaxText"/> characters. It also names the journal's file.</summary>
    public required string Serial { get; init; }

    /// <summary>Where to connect, for example <c>ws://127.0.0.1:8080/link/v1</c>.</summary>
    public required Uri Server { get; init; }

    /// <summary>The certificate that it shows when TLS asks for one, with its key; null for none.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary><c>virtual-solo</c> (for sandbox merchants) or <c>solo</c> (for live ones).</summary>
    public string Model { get; init; } = VirtualSolo;

    /// <summary>The firmware it claims to run, 1 to <see cref="MaxText"/> characters.</summary>
    public string Firmware { get; init; } = "3.3.44.0";

    /// <summary>Decides every random choice together with the serial number or the checkout's id.</summary>
    public int Seed { get; init; } = 1;

    public Scenario Scenario { get; init; } = Scenario.Solo;

    /// <summary>Multiplies human delays, 0 to <see cref="Cardholder.MaxPace"/>.</summary>
    public double Pace { get; init; } = 1;

    /// <summary>
    /// The longest wait before it connects again, as long as no connection lasts: 0.25 seconds or more.
    /// </summary>
    public TimeSpan LongestRedial { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Folder of the journals, one file per device; null keeps the journal in memory.</summary>
    public string? JournalFolder { get; init; }

    internal void CheckOptions()
    {
        ArgumentException.ThrowIfNullOrEmpty(Serial);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Serial.Length, MaxText);
        if (Server is not { IsAbsoluteUri: true, Scheme: "ws" or "wss" })
            throw new ArgumentException($"The server must be a ws:// or wss:// address, not {Server}.");
        if (!(Pace is >= 0 and <= Cardholder.MaxPace))
            throw new ArgumentException($"The pace must be between 0 and {Cardholder.MaxPace}, not {Pace}.");
        ArgumentOutOfRangeException.ThrowIfLessThan(LongestRedial, Redial.First);
    }
}
