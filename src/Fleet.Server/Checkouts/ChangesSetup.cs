namespace Fleet.Server.Checkouts;

internal static class ChangesSetup
{
    /// <summary>What tells waiting callers, on any node, that something was committed.</summary>
    public static void AddChanges(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<ChangeFeed>();
        builder.Services.AddSingleton<ChangeClient>();
        builder.Services.AddSingleton<ChangePublisher>();
        builder.Services.AddSingleton<ChangeSubscriber>();
        builder.Services.AddHostedService(services => services.GetRequiredService<ChangeSubscriber>());
        builder.UseOrleans(silo => silo.AddGrainService<ChangeExchange>());
    }
}
