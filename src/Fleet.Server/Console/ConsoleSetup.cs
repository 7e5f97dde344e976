using Fleet.Server.Console.Access;
using Fleet.Server.Console.History;
using Fleet.Server.Console.Incidents;
using Fleet.Server.Console.Live;
using Fleet.Server.Console.Merchants;
using Fleet.Server.Console.Payments;
using Fleet.Server.Console.Readers;
using Fleet.Server.Console.Search;
using Fleet.Server.Console.Stores;
using Fleet.Server.Console.Webhooks;
using Fleet.Server.Settings;

namespace Fleet.Server.Console;

internal static class ConsoleSetup
{
    /// <summary>Registers the pages for people.</summary>
    public static void AddConsole(this WebApplicationBuilder builder, FleetOptions options)
    {
        builder.Services.AddRazorComponents();
        builder.Services.AddAntiforgery(forms =>
        {
            forms.Cookie.Name = "fleet_form";
            forms.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            forms.FormFieldName = "form_token";
            forms.SuppressXFrameOptionsHeader = true; // the content policy says it
        });
        // Also over TLS: no other site can make a browser ask for a page, because its cookie stays in this one.
        builder.Services.AddResponseCompression(pages => pages.EnableForHttps = true);
        builder.Services.AddSingleton<Broadcasts>();
        builder.Services.AddSingleton<Fragments>();
        builder.Services.AddSingleton<FleetLive>();
        builder.Services.AddSingleton<StoreLive>();
        builder.Services.AddSingleton<ReaderLive>();
        builder.Services.AddSingleton<OneTimeSignIn>();
        builder.Services.AddSingleton<CheckoutSource>();
        builder.Services.AddSingleton<PaymentScan>();
        if (options.Jwt.ConsoleClient is not null) builder.AddProviderSignIn(options.Jwt);
        SealedData.UseFor(builder.Services);
    }

    /// <summary>Middleware of the console, before the routes.</summary>
    public static void UseConsole(this IApplicationBuilder app, FleetOptions options, ConsolePlace here)
    {
        if (options.Console != here) return;
        app.UseWhen(http => http.Request.Path.StartsWithSegments(PageRequest.Root), pages =>
        {
            pages.UseResponseCompression();
            if (options.Jwt.ConsoleClient is not null) pages.UseAuthentication();
        });
    }

    /// <summary>Maps the console, if it has its place here.</summary>
    /// <param name="endpoints">The routes of one of the node's addresses.</param>
    /// <param name="options">The settings.</param>
    /// <param name="here">Which address it is.</param>
    public static void MapConsole(this IEndpointRouteBuilder endpoints, FleetOptions options, ConsolePlace here)
    {
        if (options.Console != here) return;
        var routes = new ConsoleRoutes(endpoints);
        ConsoleFiles.Map(routes);
        SignInRoutes.Map(routes);
        FleetRoutes.Map(routes);
        StoreRoutes.Map(routes);
        ReaderRoutes.Map(routes);
        PairRoutes.Map(routes);
        CheckoutRoutes.Map(routes);
        HistoryRoutes.Map(routes);
        SearchRoutes.Map(routes);
        IncidentRoutes.Map(routes);
        WebhookRoutes.Map(routes);
        MerchantRoutes.Map(routes);
        KeyRoutes.Map(routes);
        AuditRoutes.Map(routes);
        SessionRoutes.Map(routes);
        routes.MapStream("{**rest}", _ =>
            throw new PageRefusal(StatusCodes.Status404NotFound, "There is no such page."));
    }
}
