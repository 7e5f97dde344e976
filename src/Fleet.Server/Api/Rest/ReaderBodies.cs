using System.Text.Json;
using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Readers;
using Fleet.Server.Access;
using Fleet.Server.Grains;

namespace Fleet.Server.Api.Rest;

/// <summary>What a till sends to pair a reader.</summary>
/// <param name="PairingCode">The code on the device's screen, 8 or 9 letters and digits.</param>
/// <param name="Name">A name for people, at most 500 characters.</param>
/// <param name="Metadata">The caller's own object, at most 64 members.</param>
public sealed record CreateReaderBody(string? PairingCode, string? Name, JsonElement? Metadata = null)
{
    /// <summary>The order to pair the reader, with a new id; null when its code is wrong.</summary>
    internal PairReader? CheckOrder(MerchantScope merchant, FieldCheck fields)
    {
        var code = fields.CheckPairingCode(fields.RequireText("pairing_code", PairingCode, ReaderFields.MaxName));
        var (name, metadata) = (fields.CheckName(Name), fields.CheckMetadata(Metadata));
        return code is null ? null : new(
            merchant.Code, merchant.Merchant.Rules.Sandbox, RandomIds.NewReaderId(), code, name, metadata, [],
            merchant.Reach.Store);
    }
}

/// <summary>What a till sends to change a reader. What is absent or null is not changed.</summary>
/// <param name="Name">The new name.</param>
/// <param name="Metadata">The new metadata, as a whole.</param>
public sealed record UpdateReaderBody(string? Name = null, JsonElement? Metadata = null);

/// <summary>What a till may send to terminate.</summary>
/// <param name="ExpectedCheckoutId">Only end this checkout; an addition of Fleet's.</param>
public sealed record TerminateBody(Guid? ExpectedCheckoutId = null);

/// <summary>A reader.</summary>
public sealed record ReaderView(
    string Id, string Name, string Status, DeviceView Device, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt,
    JsonElement? Metadata = null)
{
    internal static ReaderView FromSnapshot(ReaderSnapshot reader) => new(
        reader.Id,
        reader.Pairing.Name,
        reader.Status.ToWireName(),
        new(reader.Pairing.Device.Serial, reader.Pairing.Device.Model),
        reader.Pairing.CreatedAt,
        reader.Pairing.UpdatedAt,
        reader.Pairing.Metadata is { } metadata ? JsonElement.Parse(metadata) : null);
}

/// <summary>The hardware behind a reader.</summary>
public sealed record DeviceView(string Identifier, string Model);

/// <summary>All readers of a merchant.</summary>
public sealed record ReaderListView(IReadOnlyList<ReaderView> Items);

/// <summary>A reader's status. What the device never reported is left out.</summary>
public sealed record ReaderStatusView(ReaderStatusData Data)
{
    /// <summary>The API has no word for what is not known: then the last activity says how old the status is.</summary>
    internal static ReaderStatusView FromStatus(ReaderStatus status, DateTimeOffset now) => new(new ReaderStatusData(
        status.OnlineAt(now) is true ? "ONLINE" : "OFFLINE",
        status.Screen,
        status.Health?.BatteryLevel,
        status.Health?.BatteryTemperature,
        status.Health?.ConnectionType,
        status.Firmware,
        status.LastActivity));
}

/// <summary>The parts of a status.</summary>
public sealed record ReaderStatusData(
    string Status, string? State = null, double? BatteryLevel = null, int? BatteryTemperature = null,
    string? ConnectionType = null, string? FirmwareVersion = null, DateTimeOffset? LastActivity = null);
