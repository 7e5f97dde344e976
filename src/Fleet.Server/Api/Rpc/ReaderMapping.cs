using Fleet.Core;
using Fleet.Core.Readers;
using Fleet.Core.Stores;
using Fleet.Server.Api.Rest;
using Fleet.Server.Grains;
using Google.Protobuf.WellKnownTypes;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Api.Rpc;

/// <summary>Readers as gRPC callers receive them: their line on the board of their store.</summary>
internal static class ReaderMapping
{
    public static Proto.Reader ToMessage(this BoardLine line, DateTimeOffset now)
    {
        var (pairing, status) = (line.Pairing, line.State.Status);
        var message = new Proto.Reader
        {
            ReaderId = line.ReaderId,
            Store = pairing.Store,
            Name = pairing.Name,
            Pairing = pairing.StatusAt(now).ToWireName(),
            Presence = line.ToPresence(now),
            Serial = pairing.Device.Serial,
            Model = pairing.Device.Model,
            Firmware = line.Firmware is Device.UnknownFirmware ? "" : line.Firmware,
            Screen = status.Screen ?? "",
            Connection = status.Health?.ConnectionType ?? "",
            Checkout = line.State.Open?.ToMessage(),
            LastUsed = line.State.LastUsed?.ToTimestamp(),
            LastActivity = status.LastActivity?.ToTimestamp(),
            CreatedAt = pairing.CreatedAt.ToTimestamp(),
            UpdatedAt = pairing.UpdatedAt.ToTimestamp(),
            Trouble = line.State.Trouble.ToMessage(),
            CloudReaderId = pairing.CloudReaderId ?? "",
            SeenAt = status.Read?.At?.ToTimestamp(),
        };
        if (status.Health?.BatteryLevel is { } battery) message.Battery = battery;
        message.Tags.AddRange(pairing.Tags);
        return message;
    }

    /// <summary>What became of one reader among many.</summary>
    public static Proto.ChangeResult ToMessage(this BulkResult result, int finished) => new()
    {
        Index = result.Index,
        ReaderId = result.Refusal is null ? result.ReaderId : "",
        Done = result is { Error: null, Refusal: null },
        Refused = (result.Refusal, result.Error) switch
        {
            ({ } no, _) => RpcErrors.ToMessage(no),
            (_, { } why) => RpcErrors.UnknownOutcome(why),
            _ => null,
        },
        Finished = finished,
        Store = result.Store,
    };

    /// <summary>What is shown: never that it is free because of a word that is too old.</summary>
    public static Proto.Presence ToPresence(this BoardLine line, DateTimeOffset now) =>
        line.IsUnknownAt(now) ? Proto.Presence.NotSeen : line.PresenceAt(now).ToMessage();

    public static Proto.Presence ToMessage(this Presence presence) => presence switch
    {
        Presence.Free => Proto.Presence.Free,
        Presence.Busy => Proto.Presence.Busy,
        _ => Proto.Presence.Offline,
    };

    private static Proto.OpenCheckout ToMessage(this OpenCheckout open) => new()
    {
        CheckoutId = open.Id.ToString(),
        State = open.Doubt is null ? open.State.ToMessage() : Proto.State.Unknown,
        TotalAmount = open.Amount.ToMessage(),
        AcceptedAt = open.AcceptedAt.ToTimestamp(),
        Doubt = open.Doubt is { } doubt
            ? DoubtView.FromDoubt(doubt, open.DoubtSince ?? open.AcceptedAt).ToMessage()
            : null,
        Deadline = open.Deadline?.ToTimestamp(),
        EndAskedAt = open.EndAskedAt?.ToTimestamp(),
    };
}
