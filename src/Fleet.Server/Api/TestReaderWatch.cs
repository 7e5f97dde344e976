using System.Runtime.CompilerServices;
using Fleet.Core;
using Fleet.Server.Access;

namespace Fleet.Server.Api;

/// <summary>Every change of a virtual reader, as long as the key of the caller is valid.</summary>
internal sealed class TestReaderWatch(TestReaderCommands commands, TimeProvider time)
{
    /// <summary>How long it waits for a change before it looks at the key again.</summary>
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(10);

    /// <summary>How often it looks whether a device is connected again.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    /// <summary>The reader now, and after each change, until it is unpaired; or why it cannot be watched.</summary>
    public async IAsyncEnumerable<(TestedReader? Tested, Refusal? Refusal)> ReadReader(
        MerchantScope merchant, string readerId, HttpContext http, [EnumeratorCancellation] CancellationToken cancel)
    {
        TestedReader? told = null;
        while (await KeyRecheck.IsAdmitted(http))
        {
            if (await commands.FindReader(merchant, readerId, cancel) is not { } reader)
            {
                if (told is null) yield return (null, Refusal.NotFound);
                yield break; // it was unpaired
            }
            var (now, refusal) = await commands.WatchReader(merchant, reader, told?.Scene?.Version, Turn, cancel);
            if (refusal is not null || told is null || now?.Scene != told.Scene
                || now?.Checkout?.UpdatedAt != told.Checkout?.UpdatedAt)
                yield return (now, refusal);
            told = now ?? told;
            if (now?.Scene is null) await Task.Delay(Look, time, cancel);
        }
    }
}
