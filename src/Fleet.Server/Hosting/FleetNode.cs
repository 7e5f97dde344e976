using System.ComponentModel.DataAnnotations;
using Fleet.Server.Access;
using Fleet.Server.Api;
using Fleet.Server.Api.Rest;
using Fleet.Server.Api.Rpc;
using Fleet.Server.Checkouts;
using Fleet.Server.Cloud;
using Fleet.Server.Console;
using Fleet.Server.Incidents;
using Fleet.Server.Links;
using Fleet.Server.Readers;
using Fleet.Server.Retention;
using Fleet.Server.Settings;
using Fleet.Server.Stores;
using Fleet.Server.Webhooks;
using Microsoft.Extensions.Options;

namespace Fleet.Server.Hosting;

/// <summary>One node: the web server and the silo with all features.</summary>
public static class FleetNode
{
    /// <summary>How long running work may take after a signal to stop.</summary>
    public static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Builds a node that is ready to run.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="change">What a test replaces, for example the clock.</param>
    /// <exception cref="ValidationException">A setting or an argument is wrong; the message names it.</exception>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? change = null)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            ContentRootPath = AppContext.BaseDirectory,
        });
        var switches = StartArguments.Switches.ToDictionary();
        builder.Configuration.AddCommandLine(StartArguments.Check(args), switches);
        SettingNames.CheckEnvironment(Environment.GetEnvironmentVariables().Keys.OfType<string>());
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = DrainTimeout);
        QuietLog.UseQuietLog(builder);
        builder.AddClock();
        var options = FleetOptions.FromConfiguration(builder.Configuration);
        builder.Services.AddSingleton(Options.Create(options));
        builder.Services.AddSingleton<NodeCertificates>();
        builder.UseAddresses(options);
        builder.AddStorage(options);
        builder.AddAccess();
        builder.AddWebhooks();
        builder.AddIncidents();
        builder.AddStores();
        builder.AddCheckouts();
        builder.AddLinks();
        builder.AddCloud();
        builder.AddReaders();
        builder.AddRetention();
        builder.AddDrain();
        builder.AddTelemetry(options);
        if (options.Dashboard) builder.UseOrleans(silo => silo.AddFleetDashboard());
        builder.AddHttp();
        builder.AddRpc(options);
        builder.AddConsole(options);
        builder.AddStartReport();
        if (options.Canary.Merchant is not null) builder.Services.AddHostedService<Canary>();
        if (options is { Sandbox: true, SandboxReaders: true }) builder.AddSandbox();
        change?.Invoke(builder);

        var app = builder.Build();
        app.UseFirst();
        app.UseOperations(options);
        app.UseHttp(options);
        app.UseAdminPort(options);
        app.UseConsole(options, ConsolePlace.Public);
        app.UseStartCount();
        StorageLimit.UseLimit(app, options);
        app.UseMerchantScope();
        app.MapLink();
        app.MapReaders();
        app.MapSettings();
        app.MapCheckouts();
        app.MapCheckoutStreams();
        app.MapTransactions();
        app.MapRefunds();
        app.MapReceipts();
        app.MapMerchants();
        app.MapWebhooks();
        app.MapCloudCallbacks();
        app.MapCloudEvents();
        app.MapRpc(options);
        app.MapVirtualSolo(options);
        app.MapConsole(options, ConsolePlace.Public);
        return app;
    }
}
