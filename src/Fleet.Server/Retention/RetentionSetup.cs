namespace Fleet.Server.Retention;

internal static class RetentionSetup
{
    /// <summary>Registers what exports and removes old rows.</summary>
    public static void AddRetention(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<Removal>();
        builder.Services.AddHostedService<RetentionWorker>();
    }
}
