namespace Fleet.Server.Webhooks;

internal static class WebhookSetup
{
    /// <summary>Registers the delivery of outcomes to receivers.</summary>
    public static void AddWebhooks(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<WebhookClient>();
        builder.Services.AddSingleton<WebhookSender>();
        builder.Services.AddHostedService(services => services.GetRequiredService<WebhookSender>());
    }
}
