using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Readers;
using Fleet.Server.Access;
using Fleet.Server.Checkouts;
using Fleet.Server.Grains;
using Fleet.Server.Incidents;
using Fleet.Server.Stores;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Api.Rpc;

/// <summary>
/// Devices over gRPC. A key of a merchant or of a store sees the pairings of its own; a device without one does not
/// exist for it.
/// </summary>
internal sealed class DevicesRpc(
    IGrainFactory grains, ReaderGrainFactory readers, ITransactions transactions, IIncidents incidents,
    IBoardSamples samples, TimeProvider time) : Proto.Devices.DevicesBase
{
    /// <summary>Incidents of one device that are told.</summary>
    private const int MaxIncidents = 20;

    /// <summary>The time of which samples are told.</summary>
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    [RequiredScope(Scopes.ReadersRead, ForChain = true)]
    public override async Task<Proto.DeviceHistory> Get(Proto.GetDeviceRequest request, ServerCallContext context)
    {
        var (caller, serial, cancel) = (context.GetCaller(), request.Serial, context.CancellationToken);
        var known = new Device(serial, Device.Solo, Device.UnknownFirmware).IsValid
            ? await grains.GetGrain<IDeviceGrain>(serial).ListPairings()
            : [];
        var reply = new Proto.DeviceHistory { Serial = serial };
        foreach (var pairing in known.Reverse().Where(one => caller.WorksFor is not { } own || one.MerchantCode == own))
        {
            // a key of a store also reaches a reader that was moved into it
            var reader = await FindReader(pairing, caller);
            if (caller.Store is { } store && pairing.Store != store && reader is null) continue;
            if (reply.Pairings.Count == 0 && reader is not null)
            {
                await AddStatus(reply, pairing, reader, caller);
                await AddSamples(reply, pairing, reader, cancel);
            }
            reply.Pairings.Add(await ToMessage(pairing, reader, cancel));
        }
        if (reply.Pairings.Count == 0) throw RpcErrors.ToException(Refusal.NotFound);
        var seen = await incidents.ListIncidents(
            new(MaxIncidents) { Serial = serial, MerchantCode = caller.WorksFor, Store = caller.Store }, cancel);
        reply.Incidents.AddRange(seen.Select(one => one.ToMessage()));
        return reply;
    }

    /// <summary>The reader of a pairing that lasts; null when it is not there, or the key does not reach it.</summary>
    private async Task<ReaderSnapshot?> FindReader(DevicePairing pairing, Caller caller) => pairing.To is null
        ? await readers[pairing.ReaderId].GetReader(new(pairing.MerchantCode, caller.Store))
        : null;

    private async Task AddStatus(
        Proto.DeviceHistory reply, DevicePairing pairing, ReaderSnapshot reader, Caller caller)
    {
        reply.Model = reader.Pairing.Device.Model;
        reply.Firmware = reader.Pairing.Device.Firmware;
        var reach = new Reach(pairing.MerchantCode, caller.Store);
        if (await readers[pairing.ReaderId].GetStatus(reach) is not { } status) return;
        reply.Firmware = status.Firmware ?? reply.Firmware;
        reply.Connection = status.Health?.ConnectionType ?? "";
        reply.LastActivity = status.LastActivity?.ToTimestamp();
        if (status.Health?.BatteryLevel is { } battery) reply.Battery = battery;
        if (status.OnlineAt(time.GetUtcNow()) is { } online) reply.Online = online;
        reply.Connections.AddRange(status.Connections.Select(
            one => new Proto.DeviceDay { Day = one.Day.ToString("O", null), Count = one.Count }));
    }

    private async Task AddSamples(
        Proto.DeviceHistory reply, DevicePairing pairing, ReaderSnapshot reader, CancellationToken cancel)
    {
        var since = BoardSampler.SlotOf(time.GetUtcNow()) - Day + BoardSampler.Slot;
        foreach (var (at, look) in await samples.ListOfReader(
            pairing.MerchantCode, reader.Pairing.Store, pairing.ReaderId, since, cancel))
        {
            var sample = new Proto.DeviceSample
            {
                At = at.ToTimestamp(), Presence = look.Presence?.ToMessage() ?? Proto.Presence.NotSeen,
            };
            if (look.Battery is { } battery) sample.Battery = battery;
            reply.Samples.Add(sample);
        }
    }

    private async Task<Proto.DevicePairing> ToMessage(
        DevicePairing pairing, ReaderSnapshot? reader, CancellationToken cancel) => new()
        {
            ReaderId = pairing.ReaderId,
            MerchantCode = pairing.MerchantCode,
            Store = pairing.Store ?? "",
            From = pairing.From?.ToTimestamp(),
            To = pairing.To?.ToTimestamp(),
            Name = reader?.Pairing.Name ?? "",
            StoreNow = reader?.Pairing.Store ?? "",
            PairedAnewAt = reader?.Pairing.PairedAt?.ToTimestamp(),
            Payments = await transactions.CountPaid(pairing.ReaderId, cancel),
        };
}
