using System.Security.Claims;
using Fleet.Server.Access;
using Fleet.Server.Api.Rest;
using Fleet.Server.Console.Parts;
using Grpc.Core;
using Microsoft.AspNetCore.Antiforgery;

namespace Fleet.Server.Console;

/// <summary>
/// Stands before each route of the console: it finds out who asks, demands the proof that a form is from a page of the
/// console, and shows every refusal as a page.
/// </summary>
internal static class ConsoleGuard
{
    /// <summary>The cookie with the secret of the session.</summary>
    public const string Cookie = "fleet_session";

    /// <summary>
    /// Scripts, styles, pictures and connections of this node only, and nothing inside the page itself.
    /// </summary>
    private const string ContentPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        + "base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

    /// <summary>A route for people who are signed in.</summary>
    public static RequestDelegate ForViewers(Func<PageRequest, Task> answer) => Guard(async page =>
    {
        if (await FindViewer(page.Http) is not { } viewer) await AskToSignIn(page);
        else
        {
            page.Http.Features.Set(viewer);
            await CheckForm(page.Http, viewer.Session.Id.ToString());
            await answer(page);
        }
    });

    /// <summary>A route for everybody.</summary>
    public static RequestDelegate ForAll(Func<PageRequest, Task> answer) => Guard(async page =>
    {
        await CheckForm(page.Http, "");
        await answer(page);
    });

    /// <summary>Gives the browser a session.</summary>
    public static void SetCookie(HttpContext http, string secret) => http.Response.Cookies.Append(Cookie, secret, new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Secure = http.Request.IsHttps,
        Path = $"{http.Request.PathBase}{PageRequest.Root}",
        MaxAge = SessionDirectory.Length,
    });

    public static void DropCookie(HttpContext http) =>
        http.Response.Cookies.Delete(Cookie, new() { Path = $"{http.Request.PathBase}{PageRequest.Root}" });

    private static RequestDelegate Guard(Func<PageRequest, Task> answer) => async http =>
    {
        SetHeaders(http.Response.Headers);
        var page = new PageRequest(http);
        try
        {
            await answer(page);
        }
        catch (PageRefusal refusal)
        {
            await Refuse(page, refusal);
        }
        catch (RpcException error)
        {
            await Refuse(page, PageRefusal.FromError(error));
        }
        catch (Exception failure) when (!http.RequestAborted.IsCancellationRequested)
        {
            var log = http.RequestServices.GetRequiredService<ILogger<PageRequest>>();
            if (TransientFailure.Is(failure)) log.Outage(failure.GetBaseException().Message);
            else log.Fault(http.Request.Path, failure);
            await Refuse(page, PageRefusal.FromFailure(failure));
        }
    };

    private static void SetHeaders(IHeaderDictionary headers)
    {
        headers.ContentSecurityPolicy = ContentPolicy;
        headers.CacheControl = "no-cache, no-store"; // what the tokens of forms require
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
    }

    private static async Task<Viewer?> FindViewer(HttpContext http)
    {
        if (http.Request.Cookies[Cookie] is not { Length: > 0 } secret) return null;
        var sessions = http.RequestServices.GetRequiredService<SessionDirectory>();
        if (await sessions.Find(secret) is not { } found) return null;
        http.Features.Set(new SignedIn(secret));
        return new(found.Session, found.Grant);
    }

    /// <summary>Refuses forms that other sites send; the token is bound to the session.</summary>
    private static async Task CheckForm(HttpContext http, string session)
    {
        http.User = new(new ClaimsIdentity([new(ClaimTypes.NameIdentifier, session)], "session"));
        if (!HttpMethods.IsPost(http.Request.Method)) return;
        await ReadForm(http.Request);
        if (!await http.RequestServices.GetRequiredService<IAntiforgery>().IsRequestValidAsync(http))
            throw new PageRefusal(StatusCodes.Status400BadRequest,
                "This form is too old, or not from this console. Load the page again and repeat.");
    }

    /// <summary>
    /// Reads the form for all that comes after. One that breaks the limits of the server is the browser's mistake.
    /// </summary>
    private static async Task ReadForm(HttpRequest request)
    {
        try
        {
            await request.ReadFormAsync(request.HttpContext.RequestAborted);
        }
        catch (Exception e) when (e is InvalidDataException or InvalidOperationException or IOException)
        {
            throw new PageRefusal(StatusCodes.Status400BadRequest, "This form cannot be read.");
        }
    }

    private static Task AskToSignIn(PageRequest page)
    {
        if (!HttpMethods.IsGet(page.Http.Request.Method) || !Answers.WantsPage(page))
            throw new PageRefusal(StatusCodes.Status401Unauthorized, "You are not signed in, or your session is over.");
        page.Http.Response.Redirect($"{page.Base}sign-in{QueryString.Create("to", page.Here)}");
        return Task.CompletedTask;
    }

    private static async Task Refuse(PageRequest page, PageRefusal refusal)
    {
        if (page.Http.Response.HasStarted) page.Http.Abort();
        else if (Answers.WantsPage(page)) await Answers.Page<RefusalPage, PageRefusal>(page, refusal, refusal.Status);
        else await Answers.Refusal(page, refusal);
    }
}
