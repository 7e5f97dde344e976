namespace Fleet.Server.Access;

internal static class AccessSetup
{
    /// <summary>What knows callers, how often they may ask, and what they changed.</summary>
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
