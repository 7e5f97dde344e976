namespace Fleet.Server.Checkouts;

internal static class CheckoutsSetup
{
    /// <summary>
    /// Registers what starts and reads checkouts, and what reports commits to waiting callers on every node.
    /// </summary>
    public static void AddCheckouts(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<CheckoutQueries>();
        builder.Services.AddSingleton<HeldSales>();
        builder.Services.AddSingleton<CheckoutCommands>();
        builder.Services.AddSingleton<AnswerHold>();
        builder.Services.AddSingleton<GoPayments>();
        builder.Services.AddSingleton<TotalsRebuild>();
        builder.Services.AddSingleton<CheckoutWait>();
        builder.Services.AddSingleton<CheckoutStream>();
        builder.Services.AddSingleton<DoubtfulReaders>();
        builder.Services.AddHostedService(services => services.GetRequiredService<DoubtfulReaders>());
        builder.Services.AddHostedService<Sweeper>();
        builder.Services.AddHostedService<IncidentSweeper>();
        builder.Services.AddSingleton<ChangeFeed>();
        builder.Services.AddSingleton<ChangeClient>();
        builder.Services.AddSingleton<ChangePublisher>();
        builder.Services.AddSingleton<ChangeSubscriber>();
        builder.Services.AddSingleton<CommitNotifier>();
        builder.Services.AddHostedService(services => services.GetRequiredService<ChangeSubscriber>());
        builder.UseOrleans(silo => silo.AddGrainService<ChangeExchange>());
    }
}
