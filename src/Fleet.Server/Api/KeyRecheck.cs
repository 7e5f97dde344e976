
namespace Fleet.Server.Api;

/// <summary>Checks the key of a stream again while the stream is open.</summary>
internal static class KeyRecheck
{
    /// <summary>
    /// How often the key of a stream is checked; together with the age of a cached key it is below 5 s.
    /// </summary>
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Passes on a stream until its key is revoked, expires or loses the scope; then the stream ends.
    /// </summary>
    public static async IAsyncEnumerable<T> WhileAdmitted<T>(this IAsyncEnumerable<T> stream, HttpContext http)
    {
        var time = http.RequestServices.GetRequiredService<TimeProvider>();
        var looked = time.GetTimestamp();
        await foreach (var item in stream)
        {
            if (time.GetElapsedTime(looked) >= Period)
            {
                if (!await IsAdmitted(http)) yield break;
                looked = time.GetTimestamp();
            }
            yield return item;
        }
    }

    /// <summary>Whether the key of a stream is still valid for it.</summary>
    public static async ValueTask<bool> IsAdmitted(HttpContext http)
    {
        try
        {
            return await ScopeCheck.Holds(http);
        }
        catch (Exception e) when (TransientFailure.Is(e))
        {
            return true; // while the database does not answer, no key can have been revoked either
        }
    }
}
