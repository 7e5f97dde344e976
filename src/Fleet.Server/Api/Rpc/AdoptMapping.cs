using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Cloud;
using Fleet.Core.Readers;
using Fleet.Core.Stores;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Api.Rpc;

/// <summary>Reads what gRPC callers ask to adopt, and tells what became of it.</summary>
internal static class AdoptMapping
{
    public static AdoptOrder CheckAdopt(this FieldCheck fields, Proto.AdoptRequest ask) => new(
        ask.Store.Length == 0 ? ReaderProfile.DefaultStore : fields.CheckStore("store", ask.Store),
        fields.CheckTags("tags", ask.Tags));

    /// <summary>The readers that are named, or all.</summary>
    public static IReadOnlyList<ListedReader> SelectReaders(
        this Proto.AdoptRequest ask, IReadOnlyList<ListedReader> listed) => ask.CloudReaderIds.Count == 0
        ? listed
        : [.. listed.Where(one => ask.CloudReaderIds.Contains(one.Id))];

    /// <summary>The readers that are named and that SumUp does not have.</summary>
    public static IEnumerable<Proto.AdoptResult> FindMissing(
        this Proto.AdoptRequest ask, IReadOnlyList<ListedReader> listed) =>
        ask.CloudReaderIds.Distinct().Where(id => listed.All(one => one.Id != id)).Select(id => new Proto.AdoptResult
        {
            CloudReaderId = id, Refused = RpcErrors.ToMessage(Refusal.NotFound),
        });

    public static Proto.AdoptResult ToMessage(this AdoptResult result) => new()
    {
        CloudReaderId = result.Listed.Id,
        Name = result.Listed.Name,
        Serial = result.Listed.Device.Serial,
        What = result.Kind.ToWireName(),
        ReaderId = result.ReaderId ?? "",
        Done = result is { Error: null, Refusal: null, Kind: not (Adoption.NotPaired or Adoption.Over) },
        Refused = (result.Refusal, result.Error) switch
        {
            ({ } no, _) => RpcErrors.ToMessage(no),
            (_, { } why) => RpcErrors.UnknownOutcome(why),
            _ => null,
        },
    };
}
