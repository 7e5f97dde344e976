using Fleet.Core.Access;
using Fleet.Server.Access;

namespace Fleet.Server.Console.Access;

/// <summary>Signing in and out.</summary>
internal static class SignInRoutes
{
    public static void Map(ConsoleRoutes routes)
    {
        routes.MapOpen(HttpMethods.Get, "sign-in", page => Show(page, null));
        routes.MapOpen(HttpMethods.Post, "sign-in", SignIn);
        routes.MapOpen(HttpMethods.Get, "enter", Enter);
        routes.MapOpen(HttpMethods.Get, "sign-in/provider", ProviderSignIn.Ask);
        routes.MapAction("sign-out", SignOut);
    }

    private static async Task SignIn(PageRequest page)
    {
        var sessions = page.Get<SessionDirectory>();
        if (await sessions.SignIn(page.Form("key"), page.Form("person"), page.Http) is not { } secret)
            await Show(page, "This key is not valid.");
        else await Welcome(page, secret, page.Form("to"));
    }

    /// <summary>Signs in with the word that the node has printed.</summary>
    private static async Task Enter(PageRequest page)
    {
        if (page.Get<OneTimeSignIn>().Take(page.Query("once"))
            && await page.Get<SessionDirectory>().SignIn(SandboxMerchant.Key, "", page.Http) is { } secret)
            await Welcome(page, secret, "");
        else await Show(page,
            "This address was used already. It works once. Sign in with a key, or start the node again.");
    }

    private static async Task<string> SignOut(PageRequest page)
    {
        if (page.Viewer is { } viewer)
            await page.Get<SessionDirectory>().End(viewer.Session, viewer.Grant, page.Http);
        ConsoleGuard.DropCookie(page.Http);
        return "sign-in";
    }

    /// <summary>
    /// Gives the cookie and shows a page that goes on by itself: a browser that came from another site would not send
    /// the cookie after a redirect.
    /// </summary>
    public static Task Welcome(PageRequest page, string secret, string to)
    {
        ConsoleGuard.SetCookie(page.Http, secret);
        return Answers.Page<WelcomePage, string>(page, IsOwn(to) ? to : "");
    }

    /// <summary>Shows the page for signing in, and why the last attempt failed.</summary>
    public static Task Show(PageRequest page, string? problem) => Answers.Page<SignInPage, SignInView>(page,
        new(problem, page.Query("to") is { Length: > 0 } to ? to : page.Form("to"), ProviderSignIn.IsOn(page)),
        problem is null ? StatusCodes.Status200OK : StatusCodes.Status401Unauthorized);

    /// <summary>Whether an address stays in the console: relative, and without a host.</summary>
    private static bool IsOwn(string to) =>
        to is not (['/', ..] or ['\\', ..]) && !to.Contains(':') && !to.Contains('\\') && !to.Contains("..");
}

/// <summary>The page for signing in.</summary>
/// <param name="Problem">Why the last attempt failed; null before it.</param>
/// <param name="To">The page that was asked for.</param>
/// <param name="HasProvider">Whether people may sign in at an identity provider.</param>
public sealed record SignInView(string? Problem, string To, bool HasProvider);
