using Fleet.Server.Access;

namespace Fleet.Server.Console.Access;

/// <summary>
/// A word that signs in one browser with the key of the sandbox, once. The node prints it when it starts, so that
/// a person who tries Fleet needs no key to see the console.
/// </summary>
internal sealed class OneTimeSignIn(MerchantDirectory merchants)
{
    private string? _word = RandomIds.NewSecret();

    /// <summary>The word; null after it was used, and where the sandbox key is not taken.</summary>
    public string? Word => merchants.TakesSandboxKey ? Volatile.Read(ref _word) : null;

    /// <summary>Takes the word; false when it is another one, or was used before.</summary>
    public bool Take(string word)
    {
        var mine = Word;
        return mine is not null && word == mine && Interlocked.CompareExchange(ref _word, null, mine) == mine;
    }
}
