namespace Fleet.Server.Access;

internal static class AccessSetup
{
    /// <summary>Registers API keys, tokens, rate limits and the audit.</summary>
    public static void AddAccess(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<MerchantDirectory>();
        builder.Services.AddSingleton<JwtBearers>();
        builder.Services.AddSingleton<KeyDirectory>();
        builder.Services.AddSingleton<RateLimits>();
        builder.Services.AddSingleton<PairingGuessLimiter>();
        builder.Services.AddSingleton<AuditLog>();
    }
}
