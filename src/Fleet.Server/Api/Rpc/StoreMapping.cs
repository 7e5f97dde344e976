using Fleet.Core.Stores;
using Fleet.Server.Grains;
using Google.Protobuf.WellKnownTypes;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Api.Rpc;

/// <summary>Stores and boards as gRPC callers receive them.</summary>
internal static class StoreMapping
{
    public static Proto.Store ToMessage(this StoreInfo store) => new()
    {
        Store_ = store.Id,
        Name = store.Name,
        CreatedAt = store.CreatedAt?.ToTimestamp(),
        RetiredAt = store.RetiredAt?.ToTimestamp(),
    };

    public static Proto.StoreBoard ToMessage(this Board board, DateTimeOffset now)
    {
        var message = new Proto.StoreBoard { Whole = board.Whole };
        message.Readers.AddRange(
            board.Lines.OrderBy(line => line.Pairing.CreatedAt).Select(line => line.ToMessage(now)));
        message.Silent.AddRange(board.Silent);
        message.Queue.AddRange(board.Queue.Select(waiting => new Proto.WaitingTill
        {
            CheckoutId = waiting.CheckoutId.ToString(),
            Origin = waiting.Origin ?? "",
            Since = waiting.Since.ToTimestamp(),
            Until = waiting.Until.ToTimestamp(),
        }));
        return message;
    }
}
