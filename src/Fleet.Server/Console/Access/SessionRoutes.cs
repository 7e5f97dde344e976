using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Server.Access;

namespace Fleet.Server.Console.Access;

/// <summary>
/// Who is signed in. People see their own sessions; those with the scope admin see and end all that their key reaches.
/// </summary>
internal static class SessionRoutes
{
    /// <summary>How many are shown.</summary>
    private const int MaxShown = 500;

    private static readonly PageRefusal NotFound = new(StatusCodes.Status404NotFound, "There is no such session.");

    public static void Map(ConsoleRoutes routes)
    {
        routes.MapPage<SessionsPage, SessionsView>("sessions", Read);
        routes.MapAction("sessions/{session_id}/end", End);
    }

    private static async Task<SessionsView> Read(PageRequest page)
    {
        var viewer = ViewerOf(page);
        var open = await page.Get<IConsoleSessions>().ListOpen(
            viewer.Grant.MerchantCode, page.Get<TimeProvider>().Now(), MaxShown, page.Aborted);
        return new([.. open.Where(one => Sees(viewer, one)).Select(one => new SessionRow(
            one.Id, one.Person, one.Grant.Name.Length > 0 ? one.Grant.Name : one.Grant.Id, one.CreatedAt, one.ExpiresAt,
            one.RemoteAddress, one.Browser, one.Id == viewer.Session.Id))]);
    }

    private static async Task<string> End(PageRequest page)
    {
        var viewer = ViewerOf(page);
        var session = Ids.IsUuid(page.Route("session_id"), out var id)
            ? await page.Get<IConsoleSessions>().FindById(id, page.Aborted)
            : null;
        if (session is null || !Sees(viewer, session)) throw NotFound;
        await page.Get<SessionDirectory>().End(session, viewer.Grant, page.Http);
        return "sessions";
    }

    private static bool Sees(Viewer viewer, ConsoleSession one) => one.Id == viewer.Session.Id
        || (one.Grant.Id == viewer.Grant.Id && one.Person == viewer.Session.Person)
        || (viewer.Grant.Scopes.HasFlag(Scopes.Admin) && viewer.Grant.Store is null
            && (viewer.Grant.MerchantCode is null || viewer.Grant.MerchantCode == one.Grant.MerchantCode));

    private static Viewer ViewerOf(PageRequest page) => page.Viewer ?? throw NotFound;
}

/// <summary>The open sessions.</summary>
public sealed record SessionsView(IReadOnlyList<SessionRow> Sessions);

/// <summary>An open session.</summary>
/// <param name="SessionId">Its id, which is no secret.</param>
/// <param name="Person">Who signed in, if they said it.</param>
/// <param name="Key">The name of the key, or its id.</param>
/// <param name="Since">When it was opened.</param>
/// <param name="Until">When it ends by itself.</param>
/// <param name="RemoteAddress">Where it was opened from.</param>
/// <param name="Browser">The browser, in its own words.</param>
/// <param name="IsThis">Whether it is the session of the request.</param>
public sealed record SessionRow(
    Guid SessionId, string Person, string Key, DateTimeOffset Since, DateTimeOffset Until, string RemoteAddress,
    string Browser, bool IsThis);
