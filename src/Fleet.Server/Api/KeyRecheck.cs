
namespace Fleet.Server.Api;

/// <summary>Streams outlive what was checked when they began.</summary>
internal static class KeyRecheck
{
    /// <summary>Age of the last look at a stream's key; with that of what is remembered, below 5 s.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    /// <summary>A stream until its key is revoked, expires or may do less: from then on it tells nothing.</summary>
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

    /// <summary>Whether a stream may tell on.</summary>
    public static async ValueTask<bool> IsAdmitted(HttpContext http)
    {
        try
        {
            return await ScopeCheck.Holds(http);
        }
        catch (Exception e) when (TransientFailure.Is(e))
        {
            return true; // where the key cannot be read nobody can have revoked it either
        }
    }
}
