using System.Globalization;
using Grpc.Core;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli;

/// <summary>Finds the reader or the store for a checkout whose command names neither.</summary>
internal static class ReaderChoice
{
    /// <summary>The most readers or stores that a person is asked to choose from, or that an error names.</summary>
    private const int MaxOffered = 50;

    private const int PageSize = 500;

    /// <summary>Asks which of the free readers it is. Without a person to ask, no reader is guessed.</summary>
    public static async Task AskForReader(Session session, Proto.StartRequest ask)
    {
        if (!session.Terminal.CanAsk)
            throw Failure.WrongUsage("No reader is named.",
                "Name one with --reader, some with --store or --tag, or say --any.");
        var free = (await session.Node.Readers.ListAsync(
            new() { Presence = Proto.Presence.Free, PageSize = MaxOffered }, session.Call)).Readers;
        foreach (var (i, reader) in free.Index())
            await session.PrintHint($"{i + 1}  {reader.Name} in {reader.Store} ({reader.ReaderId})");
        var answer = await session.Terminal.AskPerson("On which reader? Its number, or 'any':", session.Cancel);
        if (answer != "any") (ask.ReaderId, ask.Route) = (PickNumber(free, answer).ReaderId, null);
    }

    /// <summary>
    /// The store whose readers fit: the only one that has readers, or the one that a person chooses.
    /// </summary>
    /// <exception cref="Failure">No reader is free, or several stores have readers and no one can be asked.</exception>
    /// <exception cref="RpcException">The key may not list readers; then the command must name the store.</exception>
    public static async Task<string> FindStore(Session session, Proto.RouteRequest route)
    {
        var (stores, isFree) = await ListStores(session, route);
        if (stores.Count == 0 || (!isFree && route.QueueFor == 0))
            throw new Failure(ExitCode.Refused, "NO_FREE_READER", stores.Count == 0
                ? "No reader fits."
                : "No reader is ready.", "'fleet readers list' shows the state of each.");
        if (stores is [var only]) return only;
        var names = string.Join(", ", stores.Take(MaxOffered)) + (stores.Count > MaxOffered ? ", …" : "");
        if (!session.Terminal.CanAsk)
            throw Failure.WrongUsage($"Several stores have readers: {names}.", "Name one of them with --store.");
        foreach (var (i, store) in stores.Take(MaxOffered).Index()) await session.PrintHint($"{i + 1}  {store}");
        return PickNumber(stores, await session.Terminal.AskPerson("In which store? Its number:", session.Cancel));
    }

    /// <summary>The stores that have readers with the tags of a route, and whether one reader is free.</summary>
    private static async Task<(IReadOnlyList<string> Stores, bool IsFree)> ListStores(
        Session session, Proto.RouteRequest route)
    {
        var (stores, isFree) = (new SortedSet<string>(StringComparer.Ordinal), false);
        var ask = new Proto.ListReadersRequest { PageSize = PageSize };
        ask.Tags.AddRange(route.Tags);
        do
        {
            var page = await session.Node.Readers.ListAsync(ask, session.Call);
            stores.UnionWith(page.Readers.Select(reader => reader.Store));
            isFree |= page.Readers.Any(reader => reader.Presence is Proto.Presence.Free);
            ask.PageToken = page.NextPageToken;
        }
        while (ask.PageToken.Length > 0 && (stores.Count <= MaxOffered || !isFree));
        return ([.. stores], isFree);
    }

    private static T PickNumber<T>(IReadOnlyList<T> offered, string answer) =>
        int.TryParse(answer, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= offered.Count
            ? offered[number - 1]
            : throw Failure.WrongUsage("Nothing was started.");
}
