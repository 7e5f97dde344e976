using System.CommandLine;
using Grpc.Core;

namespace Fleet.Cli;

/// <summary>
/// Stores and readers that a shell may offer. Options and arguments that take one offer a placeholder, in whose place
/// the node's answer is put.
/// </summary>
internal static class KnownNames
{
    /// <summary>The placeholders. No store and no reader has such a name.</summary>
    private const string Store = "<store>", Reader = "<reader>";

    /// <summary>More would be too many to choose from.</summary>
    private const int MaxOffered = 100;

    /// <summary>A person waits for this: a node that takes longer offers nothing.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>The placeholder for what is called so in help; nothing where the node knows no names.</summary>
    public static string[] KindOf(string helpName) => helpName switch
    {
        "store" => [Store],
        "reader" => [Reader],
        _ => [],
    };

    public static bool IsKind(string label) => label is Store or Reader;

    /// <summary>Gives an argument its placeholder, which help does not show.</summary>
    public static T Offer<T>(T argument) where T : Argument
    {
        argument.HelpName = argument.Name;
        argument.CompletionSources.Add(KindOf(argument.Name));
        return argument;
    }

    /// <summary>The names in the place of the placeholders; none when no node answers.</summary>
    public static async Task<IReadOnlyList<string>> List(Session session, IReadOnlyList<string> offered, string typed)
    {
        if (typed.StartsWith('-') || !offered.Any(IsKind)) return [];
        try
        {
            var call = session.Call.WithDeadline((session.Now + Patience).UtcDateTime);
            return offered.Contains(Store)
                ? [.. (await session.Node.Stores.ListAsync(new() { PageSize = MaxOffered }, call)).Stores
                    .Select(store => store.Store_)]
                : [.. (await session.Node.Readers.ListAsync(new() { PageSize = MaxOffered }, call)).Readers
                    .Select(reader => reader.ReaderId)];
        }
        catch (Exception e) when (e is RpcException or Failure)
        {
            return []; // a shell has no place for an error
        }
    }
}
