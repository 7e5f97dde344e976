using Fleet.Core;
using Grpc.Core;

namespace Fleet.Cli;

/// <summary>Finds the checkout that a person names.</summary>
internal static class CheckoutName
{
    /// <summary>The checkout that a text names, by its id or by the client transaction id that Fleet made.</summary>
    /// <exception cref="Failure">The text is neither.</exception>
    public static string IdOf(string text) => TryRead(text)
        ?? throw Failure.WrongUsage($"'{text}' is not the id of a checkout.",
            "It is a UUID: 'fleet readers list' shows that of each open checkout.");

    /// <summary>
    /// The answer about the checkout of this id, or of this client transaction id; of a go-checkout that is the
    /// caller's own, which may be any text. A code and a reference are found, too.
    /// </summary>
    /// <param name="session">The command.</param>
    /// <param name="text">What was typed.</param>
    /// <param name="ask">Asks about a checkout, by its id.</param>
    /// <exception cref="Failure">There is none.</exception>
    public static async Task<T> Find<T>(Session session, string text, Func<string, Task<T>> ask)
    {
        if (TryRead(text) is { } id)
        {
            try
            {
                return await ask(id);
            }
            catch (RpcException e) when (e.StatusCode is StatusCode.NotFound)
            {
                // it may be a caller's own id, which may be a UUID too
            }
        }
        return await ask((await TransactionVerbs.Find(session, text)).TextOf("id"));
    }

    private static string? TryRead(string text) => !Ids.IsUuid(text, out var id) ? null
        : (id.Version == 4 ? Ids.CheckoutOf(id) : id).ToString();
}
