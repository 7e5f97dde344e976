namespace Fleet.Server.Access;

internal static class AccessSetup
{
    /// <summary>Registers merchants, API keys, tokens, sessions, rate limits, the audit and the seal.</summary>
    public static void AddAccess(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<MerchantDirectory>();
        builder.Services.AddSingleton<JwtBearers>();
        builder.Services.AddSingleton<KeyDirectory>();
        builder.Services.AddSingleton<SessionDirectory>();
        builder.Services.AddSingleton<RateLimits>();
        builder.Services.AddSingleton<PairingGuessLimiter>();
        builder.Services.AddSingleton<AuditLog>();
        builder.Services.AddSingleton<Seal>();
        builder.Services.AddSingleton<WebhookSecrets>();
        builder.Services.AddSingleton<MerchantCommands>();
        builder.Services.AddSingleton<PasscodeSeal>();
    }
}
