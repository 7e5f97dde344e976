using System.Collections.Immutable;

namespace Fleet.Core.Incidents;

/// <summary>Decides when a reader comes and goes too often. A reader that is restarted a few times does not.</summary>
public static class FlappingRules
{
    /// <summary>So many connections within <see cref="Window"/> are too many, chosen by us.</summary>
    public const int TooMany = 6;

    /// <summary>The time in which they are counted, chosen by us.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(10);

    /// <summary>Takes one more connection.</summary>
    /// <param name="before">The last connections, in order.</param>
    /// <param name="now">The time.</param>
    /// <returns>
    /// The connections that count from now on, and whether there are too many. When there are, counting begins again:
    /// a reader that goes on like this is seen once for every <see cref="TooMany"/> connections.
    /// </returns>
    public static (ImmutableArray<DateTimeOffset> Next, bool TooOften) NoteConnection(
        ImmutableArray<DateTimeOffset> before, DateTimeOffset now)
    {
        ImmutableArray<DateTimeOffset> next = [.. before.Where(at => (now - at).Duration() < Window), now];
        return next.Length >= TooMany ? ([], true) : (next, false);
    }
}
